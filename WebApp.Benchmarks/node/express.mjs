// express-session with connect-redis, as their manuals show it.
import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';
import { announce, maxAge, page, redisUrl, secret } from './page.mjs';

const client = createClient({ url: redisUrl });
await client.connect();

const app = express();
app.use(session({
  store: new RedisStore({ client, prefix: 'express:' }),
  secret,
  resave: false,
  saveUninitialized: false,
  cookie: { maxAge },
}));
app.get('/', (request, response) => request.session.user
  ? response.type('html').send(page(request.session.user.email))
  : response.sendStatus(401));
app.post('/sign-in', (request, response) => {
  request.session.user = { ...request.query, amr: 'pwd' };
  response.send('');
});

const server = app.listen(0, '127.0.0.1', () => announce(server.address().port));
