-- KEYS: the act. ARGV: not-after, now, interval, window. Answers 0.
keep(KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4]))
return 0
