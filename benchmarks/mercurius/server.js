// mercurius with graphql-jit and its own loaders, on postgres.js.
// node server.js PORT ORGANIZATION_ID POOL_SIZE; the database is in the environment (PGHOST, PGDATABASE, …).

import Fastify from 'fastify'
import { GraphQLScalarType } from 'graphql'
import mercurius from 'mercurius'
import postgres from 'postgres'

const [port, organization, pool] = process.argv.slice(2)

// An instant is kept as text from the database to the answer: a Date would lose microseconds and cost more.
// `2018-04-09 12:00:00.5+00`, in UTC always, becomes `2018-04-09T12:00:00.500000Z`.
function rfc3339 (text) {
  const dot = text.indexOf('.')
  if (dot < 0) return `${text.slice(0, 10)}T${text.slice(11, 19)}Z`
  return `${text.slice(0, 10)}T${text.slice(11, dot)}.${text.slice(dot + 1, text.lastIndexOf('+')).padEnd(6, '0')}Z`
}

const sql = postgres({
  max: Number(pool),
  connection: { TimeZone: 'UTC' },
  types: {
    bigint: { to: 20, from: [20], serialize: String, parse: Number },
    instant: { to: 1184, from: [1184], serialize: String, parse: rfc3339 }
  }
})

const schema = `
  scalar DateTime
  enum ConnectionRequestKind { TRADING_PARTNER ACCESS }
  enum ConnectionRequestStatus { PENDING APPROVED DENIED CANCELED }
  type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
  type Person {
    id: ID! uuid: String! firstName: String lastName: String email: String phone: String jobTitle: String
  }
  type Approval { id: ID! uuid: String! approvedAt: DateTime person: Person! }
  type Integration {
    id: ID! uuid: String! integrationType: String! updateFrequency: String feedSourceFileLocations: String
    fileSpecs: String rules: String createdAt: DateTime!
  }
  type IntegrationEdge { cursor: String! node: Integration! }
  type IntegrationConnection { edges: [IntegrationEdge!]! pageInfo: PageInfo! }
  type File { id: ID! uuid: String! name: String! contentType: String createdAt: DateTime! }
  type FileEdge { cursor: String! node: File! }
  type FileConnection { edges: [FileEdge!]! pageInfo: PageInfo! }
  type ConnectionRequest {
    id: ID! uuid: String! kind: ConnectionRequestKind! status: ConnectionRequestStatus! isApproved: Boolean!
    orgName: String orgContactFullName: String primaryContactPhone: String primaryContactEmail: String
    retailerAccountNumber: String supplierAccountNumber: String additionalInformation: String
    requestedAt: DateTime! createdAt: DateTime! requester: Person approvedBy: Approval
    integrations(first: Int = 50): IntegrationConnection!
    uploadedFiles(first: Int = 50): FileConnection!
  }
  type ConnectionRequestEdge { cursor: String! node: ConnectionRequest! }
  type ConnectionRequestConnection { edges: [ConnectionRequestEdge!]! pageInfo: PageInfo! totalCount: Int! }
  type Query {
    connectionRequests(first: Int = 50, after: String): ConnectionRequestConnection!
    connectionRequest(id: ID!): ConnectionRequest
  }
`

const base64 = text => Buffer.from(text).toString('base64')
const globalId = type => ({ id }) => base64(`${type}:${id}`)
const uuid = ({ id }) => id

function connection (rows, first, makeCursor, previous) {
  const page = rows.length > first ? rows.slice(0, first) : rows
  const edges = page.map(node => ({ node, get cursor () { return makeCursor(node) } }))
  return {
    edges,
    pageInfo: {
      hasNextPage: rows.length > first,
      hasPreviousPage: previous,
      get startCursor () { return edges.length ? edges[0].cursor : null },
      get endCursor () { return edges.length ? edges[edges.length - 1].cursor : null }
    }
  }
}

const requestCursor = ({ requestedAt, id }) => base64(`${requestedAt}|${id}`)
const childCursor = ({ id }) => base64(id)

function grouped (rows) {
  const groups = new Map()
  for (const row of rows) {
    const group = groups.get(row.parent)
    if (group === undefined) groups.set(row.parent, [row])
    else group.push(row)
  }
  return groups
}

async function page (first, after) {
  const place = after == null ? null : Buffer.from(after, 'base64').toString().split('|')
  return sql`
    SELECT id, kind, status, org_name AS "orgName", org_contact_full_name AS "orgContactFullName",
      primary_contact_phone AS "primaryContactPhone", primary_contact_email AS "primaryContactEmail",
      retailer_account_number AS "retailerAccountNumber", supplier_account_number AS "supplierAccountNumber",
      additional_information AS "additionalInformation", requested_at AS "requestedAt", created_at AS "createdAt",
      requester_id AS "requesterId"
    FROM connection_requests
    WHERE organization_id = ${organization}
      ${place === null ? sql`` : sql`AND (requested_at, id) < (${place[0]}::timestamptz, ${place[1]})`}
    ORDER BY requested_at DESC, id DESC LIMIT ${first + 1}`
}

const resolvers = {
  DateTime: new GraphQLScalarType({ name: 'DateTime', serialize: text => text }),
  Query: {
    async connectionRequests (_, { first, after }) {
      const rows = await page(Math.min(first, 1000), after)
      return connection(rows, first, requestCursor, after != null)
    },
    async connectionRequest (_, { id }) {
      const [, recordId] = Buffer.from(id, 'base64').toString().split(':')
      const [row] = await sql`
        SELECT id, org_name AS "orgName", status, requested_at AS "requestedAt", kind, created_at AS "createdAt"
        FROM connection_requests WHERE organization_id = ${organization} AND id = ${recordId}`
      return row
    }
  },
  ConnectionRequestConnection: {
    async totalCount () {
      const [row] = await sql`SELECT count(*) AS n FROM connection_requests WHERE organization_id = ${organization}`
      return row.n
    }
  },
  ConnectionRequest: {
    id: globalId('ConnectionRequest'),
    uuid,
    kind: ({ kind }) => kind.toUpperCase(),
    status: ({ status }) => status.toUpperCase(),
    isApproved: ({ status }) => status === 'approved'
  },
  Person: { id: globalId('Person'), uuid },
  Approval: { id: globalId('Approval'), uuid },
  Integration: { id: globalId('Integration'), uuid },
  File: { id: globalId('File'), uuid }
}

async function people (ids) {
  const wanted = [...new Set(ids.filter(id => id != null))]
  if (wanted.length === 0) return new Map()
  const rows = await sql`
    SELECT id, first_name AS "firstName", last_name AS "lastName", email, phone, job_title AS "jobTitle"
    FROM people WHERE organization_id = ${organization} AND id = ANY(${wanted}::text[])`
  return new Map(rows.map(row => [row.id, row]))
}

const uncached = loader => ({ loader, opts: { cache: false } })

const loaders = {
  ConnectionRequest: {
    requester: uncached(async queries => {
      const found = await people(queries.map(({ obj }) => obj.requesterId))
      return queries.map(({ obj }) => found.get(obj.requesterId) ?? null)
    }),
    approvedBy: uncached(async queries => {
      const rows = await sql`
        SELECT connection_request_id AS parent, id, approved_at AS "approvedAt", person_id AS "personId"
        FROM approvals WHERE organization_id = ${organization}
          AND connection_request_id = ANY(${queries.map(({ obj }) => obj.id)}::text[])`
      const found = new Map(rows.map(row => [row.parent, row]))
      return queries.map(({ obj }) => found.get(obj.id) ?? null)
    }),
    integrations: uncached(async queries => {
      const found = grouped(await sql`
        SELECT connection_request_id AS parent, id, integration_type AS "integrationType",
          update_frequency AS "updateFrequency", feed_source_file_locations AS "feedSourceFileLocations",
          file_specs AS "fileSpecs", rules, created_at AS "createdAt"
        FROM integrations WHERE organization_id = ${organization}
          AND connection_request_id = ANY(${queries.map(({ obj }) => obj.id)}::text[])
        ORDER BY connection_request_id, position, id`)
      return queries.map(({ obj, params }) => connection(found.get(obj.id) ?? [], params.first, childCursor, false))
    }),
    uploadedFiles: uncached(async queries => {
      const found = grouped(await sql`
        SELECT a.connection_request_id AS parent, f.id, f.name, f.content_type AS "contentType",
          f.created_at AS "createdAt"
        FROM file_attachments a JOIN files f ON f.organization_id = a.organization_id AND f.id = a.file_id
        WHERE a.organization_id = ${organization}
          AND a.connection_request_id = ANY(${queries.map(({ obj }) => obj.id)}::text[])
        ORDER BY a.connection_request_id, a.position, a.file_id`)
      return queries.map(({ obj, params }) => connection(found.get(obj.id) ?? [], params.first, childCursor, false))
    })
  },
  Approval: {
    person: uncached(async queries => {
      const found = await people(queries.map(({ obj }) => obj.personId))
      return queries.map(({ obj }) => found.get(obj.personId))
    })
  }
}

const app = Fastify({ logger: false })
app.register(mercurius, { schema, resolvers, loaders, jit: 1, graphiql: false })
await app.listen({ port: Number(port), host: '127.0.0.1' })
