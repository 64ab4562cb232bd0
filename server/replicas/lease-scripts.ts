/**
 * What must happen at once in Redis, as scripts. Their keys: a sorted set of replicas by the moment until which they count as alive, and a hash of leases with
 * the id of their holder. Time is Redis' own. A lease whose holder is not alive counts as free.
 */
const NOW = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local function alive(id)
  local untilMs = redis.call('ZSCORE', KEYS[1], id)
  return untilMs and tonumber(untilMs) > now
end
`;

/**
 * ARGV: id, how long it counts as alive in ms, and the leases it holds. Answers whether it was known to be alive, which of the leases another has now, and who
 * is alive. Leases that Redis forgot are noted again; those of replicas that went are removed.
 */
export const BEAT = `${NOW}
local known = alive(ARGV[1]) and 1 or 0
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
local lost = {}
for i = 3, #ARGV do
  local holder = redis.call('HGET', KEYS[2], ARGV[i])
  if holder and holder ~= ARGV[1] and alive(holder) then
    lost[#lost + 1] = ARGV[i]
  elseif holder ~= ARGV[1] then
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[1])
  end
end
if redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now) > 0 then
  local leases = redis.call('HGETALL', KEYS[2])
  for i = 1, #leases, 2 do
    if not alive(leases[i + 1]) then redis.call('HDEL', KEYS[2], leases[i]) end
  end
end
return { known, lost, redis.call('ZRANGE', KEYS[1], 0, -1) }
`;

/** ARGV: id, name. 1: it holds the lease now; 0: another does; -1: it does not count as alive. */
export const TAKE = `${NOW}
if not alive(ARGV[1]) then return -1 end
local holder = redis.call('HGET', KEYS[2], ARGV[2])
if holder and holder ~= ARGV[1] and alive(holder) then return 0 end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[1])
return 1
`;

/** ARGV: id, name. 1 when it held the lease. */
export const RELEASE = `
if redis.call('HGET', KEYS[2], ARGV[2]) ~= ARGV[1] then return 0 end
return redis.call('HDEL', KEYS[2], ARGV[2])
`;

/** ARGV: name. The holder's id, when it is alive. */
export const HOLDER = `${NOW}
local holder = redis.call('HGET', KEYS[2], ARGV[1])
if holder and alive(holder) then return holder end
return false
`;

/** ARGV: id. It is alive no more and holds nothing. */
export const LEAVE = `
redis.call('ZREM', KEYS[1], ARGV[1])
local leases = redis.call('HGETALL', KEYS[2])
for i = 1, #leases, 2 do
  if leases[i + 1] == ARGV[1] then redis.call('HDEL', KEYS[2], leases[i]) end
end
return 1
`;
