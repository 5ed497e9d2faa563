"""What is done in Redis in one go: each script is a transaction.

Here: the texts of the scripts, and the names of what they touch. All keys begin with the prefix of the server, and
none with that of another one, so that several servers and other programs can use one Redis. They are made from it
inside the scripts, so it must be one Redis, not a cluster. Not here: who runs them (`link.py`) and what the values mean
(`rooms.py`, `ledger.py`).

- `epoch`: what tells this state from one that was here before Redis lost it
- `calls`, `tick`: the numbers of exchanges and of changes
- `room:NAME`: the value of a namespace and its version, the tick of its last change
- `rooms`: the names of all, by that tick
- `journal`: what happened to exchanges, in order; `journal:bytes` what it weighs, `journal:of:NAME` what is of whom
- `workers`, `worker:ID`, `fences`: who is there, as long as its key lives, and what is too old to be obeyed
- `open:ID`: the exchanges of a worker that are open, each with its namespace
- `bus`: the channel
"""

IDLE_S = 2 * 24 * 3600
"""How long a namespace is kept that nobody uses, as in one process (`registry.MOST_IDLE_US`)."""

READ = """
local p, epoch = ARGV[1], redis.call('GET', ARGV[1] .. 'epoch')
if not epoch then
  epoch = ARGV[2]
  redis.call('SET', p .. 'epoch', epoch)
  redis.call('SET', p .. 'calls', ARGV[3])
end
local told = {epoch, ARGV[4] == '1' and redis.call('INCR', p .. 'calls') or 0}
for i = 5, #ARGV, 2 do
  local version = redis.call('HGET', p .. 'room:' .. ARGV[i], 'v') or '0'
  if version ~= ARGV[i + 1] then
    told[#told + 1] = ARGV[i]
    told[#told + 1] = version
    told[#told + 1] = redis.call('HGET', p .. 'room:' .. ARGV[i], 'data') or ''
  end
end
return told
"""
"""Takes the prefix, the name of a new epoch and the number before its first exchange, whether to number an exchange,
and rooms with the versions that are known.

Tells the epoch, the number, and the name, version and value of each room that has another version.
"""

WRITE = """
local p, order, payload = ARGV[1], cjson.decode(ARGV[2]), 2
if redis.call('GET', p .. 'epoch') ~= order.epoch then return {'epoch'} end
if tonumber(redis.call('HGET', p .. 'fences', order.worker) or '0') > order.fence then return {'fence'} end
for _, check in ipairs(order.checks) do
  if (redis.call('HGET', p .. 'room:' .. check[1], 'v') or '0') ~= check[2] then return {'conflict'} end
end
for _, close in ipairs(order.lost) do
  if redis.call('HEXISTS', p .. 'open:' .. close[1], close[2]) == 0 then return {'gone'} end
end
local tick = redis.call('INCR', p .. 'tick')
for _, name in ipairs(order.rooms) do
  payload = payload + 1
  local room = p .. 'room:' .. name
  if ARGV[payload] == '' then
    redis.call('DEL', room)
  else
    redis.call('HSET', room, 'v', tick, 'data', ARGV[payload])
    redis.call('EXPIRE', room, order.idle)
  end
  redis.call('ZADD', p .. 'rooms', tick, name)
end
for _, close in ipairs(order.lost) do redis.call('HDEL', p .. 'open:' .. close[1], close[2]) end
local journal, weight = p .. 'journal', p .. 'journal:bytes'
for _, event in ipairs(order.events) do
  payload = payload + 1
  local of = p .. 'journal:of:' .. event.of
  if event.kind == 'clear' then
    local lists = event.all and redis.call('KEYS', p .. 'journal:of:*') or {of}
    for _, list in ipairs(lists) do
      for _, entry in ipairs(redis.call('LRANGE', list, 0, -1)) do
        local id, size = entry:match('^(.*) (.*)$')
        if redis.call('XDEL', journal, id) == 1 then redis.call('DECRBY', weight, size) end
      end
      redis.call('DEL', list)
    end
    ARGV[payload] = redis.call('GET', p .. 'calls') or '0'
  end
  local id = redis.call(
    'XADD', journal, '*', 'kind', event.kind, 'n', event.n, 'of', event.of, 'w', order.worker, 'd', ARGV[payload])
  local size = #ARGV[payload] + 200
  redis.call('RPUSH', of, id .. ' ' .. size)
  redis.call('LTRIM', of, -order.most, -1)
  redis.call('INCRBY', weight, size)
  if event.kind == 'open' then redis.call('HSET', p .. 'open:' .. order.worker, event.n, event.of) end
  if event.kind == 'end' then redis.call('HDEL', p .. 'open:' .. order.worker, event.n) end
end
while redis.call('XLEN', journal) > order.most or tonumber(redis.call('GET', weight) or '0') > order.bytes do
  local oldest = redis.call('XRANGE', journal, '-', '+', 'COUNT', 1)[1]
  if not oldest then break end
  redis.call('XDEL', journal, oldest[1])
  redis.call('DECRBY', weight, #oldest[2][10] + 200)
end
if #order.tell > 0 then redis.call('PUBLISH', p .. 'bus', order.tell) end
return {'ok', tick}
"""
"""Takes the prefix, an order as JSON, then the new values of its rooms and what its events say.

Does all of the order or nothing. Tells `ok` with the tick, or why not: `conflict` if a room has another version than
the order says, `gone` if an exchange of a worker that is lost was ended already, `epoch` if the state is another one,
and `fence` if the worker has given up waiting for this.
"""

NAMES = """
local p = ARGV[1]
redis.call('ZREMRANGEBYSCORE', p .. 'rooms', '-inf', '(' .. ARGV[3])
local names = redis.call('ZRANGEBYSCORE', p .. 'rooms', '(' .. ARGV[2], '+inf')
return {redis.call('GET', p .. 'epoch') or '', redis.call('GET', p .. 'tick') or '0', names}
"""
"""Takes the prefix, a tick, and a tick before which nothing matters; tells the epoch, the tick and the names of the
rooms that changed since.
"""

JOIN = """
local p = ARGV[1]
local epoch = redis.call('GET', p .. 'epoch')
if not epoch then
  epoch = ARGV[2]
  redis.call('SET', p .. 'epoch', epoch)
  redis.call('SET', p .. 'calls', ARGV[3])
end
redis.call('SADD', p .. 'workers', ARGV[4])
redis.call('SET', p .. 'worker:' .. ARGV[4], '1', 'PX', ARGV[6])
redis.call('HSET', p .. 'fences', ARGV[4], ARGV[5])
local absent = {}
for _, worker in ipairs(redis.call('SMEMBERS', p .. 'workers')) do
  if redis.call('EXISTS', p .. 'worker:' .. worker) == 0 then absent[#absent + 1] = worker end
end
return {epoch, absent}
"""
"""Takes the prefix, the name of a new epoch and the number before its first exchange, a worker, its fence and how many
milliseconds it is there from now on; tells the epoch, and the workers whose time is over.
"""

LEAVE = """
local p = ARGV[1]
redis.call('SREM', p .. 'workers', ARGV[2])
redis.call('DEL', p .. 'worker:' .. ARGV[2], p .. 'open:' .. ARGV[2])
redis.call('HDEL', p .. 'fences', ARGV[2])
return 'ok'
"""
"""Takes the prefix and a worker, of which nothing is left then."""

BEGIN = """
local p = ARGV[1]
for _, worker in ipairs(redis.call('SMEMBERS', p .. 'workers')) do
  if redis.call('EXISTS', p .. 'worker:' .. worker) == 1 then return {redis.call('GET', p .. 'epoch'), 0} end
end
local keys = redis.call('KEYS', p .. '*')
for _, key in ipairs(keys) do redis.call('DEL', key) end
redis.call('SET', p .. 'epoch', ARGV[2])
return {ARGV[2], #keys}
"""
"""Takes the prefix and the name of a new epoch. Forgets what is left of workers of which none is there any more; tells
the epoch, and how many keys were forgotten.
"""
