import {createServer} from 'node:http'
import {Pool} from 'pg'

// Stands for the API in drills: it answers with 200 only while it can count the orders of the database that it was given.
const pool = new Pool({connectionString: process.env.DATABASE_URL, max: 1})

createServer((_request, response) => {
  pool.query('SELECT count(*)::int AS orders FROM orders').then(
    ({rows}) => response.writeHead(rows[0].orders > 0 ? 200 : 503).end(JSON.stringify(rows[0])),
    (error) => response.writeHead(503).end(error.message),
  )
}).listen(Number(process.argv[2]), '127.0.0.1')
