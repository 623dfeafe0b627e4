-- Sends the requests of a file, one after the other: a line is "HOST TARGET" (a path or, to a forward proxy, a whole URL).
-- The head is a browser's. Ends with one line of figures for the driver.
local requests, next = {}, 0

-- Arguments: the file of requests, the file of the head's other fields, "kept" or "close".
function init(args)
  local fields = {}
  for line in io.lines(args[2]) do fields[#fields + 1] = line end
  local head = table.concat(fields, "\r\n") .. "\r\n\r\n"
  if args[3] == "close" then head = head:gsub("keep%-alive", "close", 1) end
  for line in io.lines(args[1]) do
    local host, target = line:match("^(%S+) (%S+)$")
    requests[#requests + 1] = "GET " .. target .. " HTTP/1.1\r\nHost: " .. host .. "\r\n" .. head
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
