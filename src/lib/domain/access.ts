/** Who may do what: the roles of the server, and owners and privileges in one database. */
export interface Access {
  roles: readonly Stated[]
  /** Only what differs from the default: objects of another owner than the database's, and granted privileges. */
  privileges: readonly Stated[]
}

/** For example `table public.orders` and `owner shop; reader=r/shop`, in the notation of PostgreSQL's access privileges. */
export interface Stated {
  subject: string
  state: string
}
