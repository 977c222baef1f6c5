export const accounts = {
  name: '002-accounts',
  sql: `
    CREATE TABLE credentials (
      user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
      password_hash text NOT NULL,
      changed_at timestamptz NOT NULL DEFAULT now()
    );

    CREATE TABLE sessions (
      digest text PRIMARY KEY,
      user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
      content jsonb NOT NULL,
      ends_at timestamptz NOT NULL
    );
    CREATE INDEX sessions_user_idx ON sessions (user_id);
    CREATE INDEX sessions_end_idx ON sessions (ends_at);
  `,
}
