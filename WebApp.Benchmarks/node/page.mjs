// What both servers have in common: the page, and a server's life.

export const redisUrl = `redis://${process.argv[2]}`;
export const secret = 'a secret for one run of one benchmark';
export const maxAge = 60 * 60 * 1000;

export const page = (name) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Your account</title></head>
<body><h1>Your account</h1><p>Hello, ${name}</p></body>
</html>
`;

// The first line tells the port; the server ends when its input does.
export function announce(port) {
  console.log(port);
  process.stdin.resume().on('end', () => process.exit(0));
}
