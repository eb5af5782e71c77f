// @fastify/session with connect-redis, as their manuals show it: each use extends a session, as with express-session.
import cookie from '@fastify/cookie';
import session from '@fastify/session';
import { RedisStore } from 'connect-redis';
import Fastify from 'fastify';
import { createClient } from 'redis';
import { announce, maxAge, page, redisUrl, secret } from './page.mjs';

const client = createClient({ url: redisUrl });
await client.connect();

const app = Fastify();
await app.register(cookie);
await app.register(session, {
  store: new RedisStore({ client, prefix: 'fastify:' }),
  secret,
  saveUninitialized: false,
  cookie: { maxAge, secure: false },
});
app.get('/', (request, reply) => request.session.user
  ? reply.type('text/html; charset=utf-8').send(page(request.session.user.email))
  : reply.code(401).send());
app.post('/sign-in', (request, reply) => {
  request.session.user = { ...request.query, amr: 'pwd' };
  reply.send('');
});

await app.listen({ port: 0, host: '127.0.0.1' });
announce(app.server.address().port);
