-- Counts a request that a tombstone refused.
-- KEYS: record. ARGV: not-after, user id, at, at and address as bytes, least distance. Answers Yes, No or TooLate.
local record = get(KEYS[1])
if clock() > not_after then return $TooLate end
if not record or not readable(record) or bytes(record, $UserIdAt, $UserIdSize) ~= ARGV[2] then return $No end
if is_past(record) then record = put_away(id_of(KEYS[1]), record, tonumber(ARGV[3])) end
if not record or string.byte(record, $StateAt + 1) ~= $Revoked then return $No end

local refused = tail_offset(record) + $RefusedAt
local count = struct.unpack('>I2', record, refused + 1)
if number(record, refused + 2) + tonumber(ARGV[5]) > tonumber(ARGV[3]) then return $No end

overwrite(KEYS[1], record, refused, struct.pack('>I2', math.min(count + 1, 65535)) .. ARGV[4])
return $Yes
