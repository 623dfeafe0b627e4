-- Sends the requests of a file, one after the other: a line is "HOST TARGET" (a path or, to a forward proxy, a whole URL).
-- The head is a browser's. Ends with one line of figures for the driver.
local requests, next = {}, 0

local head = table.concat({
  "Connection: keep-alive",
  'sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"',
  "sec-ch-ua-mobile: ?0",
  'sec-ch-ua-platform: "Linux"',
  "Upgrade-Insecure-Requests: 1",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
  "Sec-Fetch-Site: same-origin",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-User: ?1",
  "Sec-Fetch-Dest: document",
  "Referer: http://www.bench.test/a/page/that/linked/here.html",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
  "", "" }, "\r\n")

function init(args)
  local lines = head
  if args[2] == "close" then lines = head:gsub("keep%-alive", "close", 1) end
  for line in io.lines(args[1]) do
    local host, target = line:match("^(%S+) (%S+)$")
    requests[#requests + 1] = "GET " .. target .. " HTTP/1.1\r\nHost: " .. host .. "\r\n" .. lines
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\nFIGURES {"requests":%d,"bytes":%d,"seconds":%.6f,"p50Ms":%.4f,"p99Ms":%.4f,"p999Ms":%.4f,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3,
    e.connect, e.read, e.write, e.status, e.timeout))
end
