-- Sends a heartbeat the way that news goes. KEYS: any key of the master. ARGV: nothing, heartbeat.
redis.call('PUBLISH', $News, ARGV[2])
