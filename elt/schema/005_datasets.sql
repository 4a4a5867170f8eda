-- Datasets that researchers describe: drafts of contracts, their versions, who may see them, remembered headers.

-- The tables of described datasets. Nobody but the owner of the warehouse reads them; raw.<table> is a view on each that
-- leaves out the columns marked personal.
create schema raw_private;

alter table catalog.dataset
add column account_id integer references catalog.account, -- whose it is; null: its contract ships with Laurel
add column is_shared boolean not null default false, -- with every researcher; otherwise its owner and admins see it
add column described_at timestamptz not null default now();

-- Every contract that was ever in force. changes: what differs from the version before, as elt.contracting.change says it.
create table catalog.contract_version (
    dataset_id text not null references catalog.dataset,
    version integer not null,
    contract jsonb not null,
    changes jsonb not null default '[]',
    account_id integer references catalog.account,
    valid_from timestamptz not null default now(),
    primary key (dataset_id, version)
);

create table catalog.dataset_draft (
    draft_id integer generated always as identity primary key,
    id uuid not null unique default uuidv7(),
    account_id integer not null references catalog.account,
    dataset_id text not null, -- the name it is to have; free until it is confirmed
    status text not null default 'drafting' check (status in ('drafting', 'ready', 'failed', 'confirmed')),
    filename text not null,
    object_key text not null, -- of the sample
    sha256 text not null,
    byte_count bigint not null,
    stated jsonb not null default '{}', -- what its sender says of encoding and dialect
    content jsonb, -- of the CSV inside: its hash, and how it is packed
    contract jsonb, -- as the researcher has edited it
    findings jsonb, -- as elt.drafting found them: evidence per column, candidate keys, screening, encoding, dialect
    error_code text,
    error_message text,
    created_at timestamptz not null default now(),
    drafted_at timestamptz,
    edited_at timestamptz,
    confirmed_at timestamptz,
    submission_id integer references catalog.submission -- the sample, where it was loaded
);
create index dataset_draft_open on catalog.dataset_draft (draft_id) where status = 'drafting';

-- Headers that drifted: what a researcher's files call a column of the contract, once confirmed.
create table catalog.header_mapping (
    account_id integer not null references catalog.account,
    dataset_id text not null references catalog.dataset,
    header text not null,
    field text not null, -- the contract's name of it
    confirmed_at timestamptz not null default now(),
    primary key (account_id, dataset_id, header)
);

alter table catalog.submission add column header_mapping jsonb; -- {header of the file: field of the contract}, as applied

-- Counts over the rows of a described dataset; never a value of a personal column.
create table catalog.dataset_profile (
    dataset_id text primary key references catalog.dataset,
    raw_version bigint not null,
    contract_version integer not null,
    profile jsonb not null,
    computed_at timestamptz not null default now()
);
