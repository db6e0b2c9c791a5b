-- wrk -s faults.lua URL -- PATH…: healthy pages, and of a hundred requests one that faults.
-- Each says in its X-Request-ID which it is, and the answer has it too. Ends with one line of JSON.
local PAGES = { "/probe/users/", "/probe/page/", "/healthz", "/probe/users/1/" }
local threads, pages, faults = {}, {}, {}
number, count, answers, wrong, why = 0, 0, {}, 0, ""

function setup(thread)
  table.insert(threads, thread)
  thread:set("number", #threads)
end

function init(args)
  for _, path in ipairs(PAGES) do table.insert(pages, wrk.format("GET", path, { ["X-Request-ID"] = "healthy" })) end
  for i, path in ipairs(args) do faults[i] = wrk.format("GET", path, { ["X-Request-ID"] = "fault" .. i - 1 }) end
  count = number * 50
end

function request()
  count = count + 1
  if count % 100 == 0 then return faults[1 + count / 100 % #faults] end
  return pages[1 + count % #pages]
end

-- A page that was kept has none, and is none that faults.
function response(status, headers)
  local id = headers["X-Request-ID"] or "healthy"
  if status == (id == "healthy" and 200 or 500) then
    answers[id] = (answers[id] or 0) + 1
  else
    wrong = wrong + 1
    if #why < 500 then why = why .. id .. " " .. status .. "; " end
  end
end

function done(summary)
  local sums, bad, words, parts = {}, 0, "", {}
  for _, thread in ipairs(threads) do
    bad, words = bad + thread:get("wrong"), words .. thread:get("why")
    for id, n in pairs(thread:get("answers")) do sums[id] = (sums[id] or 0) + n end
  end
  for id, n in pairs(sums) do table.insert(parts, string.format('"%s":%d', id, n)) end
  local errors = summary.errors
  io.write(string.format('JSON {"requests":%d,"wrong":%d,"why":"%s","connect":%d,"read":%d,"write":%d,"timeout":%d,"answers":{%s}}\n',
    summary.requests, bad, words, errors.connect, errors.read, errors.write, errors.timeout, table.concat(parts, ",")))
end
