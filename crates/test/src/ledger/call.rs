//! What a component asked of its host, and what came of it.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use jenny_host::RequestTag;
use jenny_stores::mqtt::Qos;

use super::SqlValue;

/// One call of the host. Two calls are equal when they ask for the same on behalf of the same request
/// and come to the same end, however long that took.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// What was asked for.
    pub what: HostCall,
    /// What came of it.
    pub outcome: Outcome,
    /// What a [`Fault`](crate::Fault) did to it.
    pub injected: Option<String>,
    /// The component that called.
    pub component: Arc<str>,
    /// The number of its instance, counted from 1 within the application.
    pub instance: u64,
    /// The request that the instance answered. None while it started, and where it cannot be told which
    /// of several requests called.
    pub request: Option<RequestTag>,
    /// Whether it cannot be told which request called.
    pub(crate) unattributed: bool,
    /// How long the answer took. Left out where calls are compared or shown.
    pub took: Duration,
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        let same = |call: &Self| (call.instance, call.request);
        self.what == other.what
            && self.outcome == other.outcome
            && self.injected == other.injected
            && self.component == other.component
            && same(self) == same(other)
    }
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing, yet or ever.
    Unanswered,
    /// An answer, in short: `3 rows`, `12 bytes`, `none`.
    Answered(String),
    /// An error, in the words that the component sees.
    Failed(String),
}

/// What a component asks of its host.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum HostCall {
    /// Something of a key-value store.
    KeyValue {
        /// The store's label.
        store: Arc<str>,
        /// What it is to do.
        operation: KeyValueCall,
    },
    /// Something of a database.
    Sql {
        /// The kind of database.
        kind: SqlKind,
        /// Its label, or its address without a password.
        database: Arc<str>,
        /// What it is to do.
        operation: SqlCall,
    },
    /// The value of a variable. Values are not kept: they may be secret.
    Variable {
        /// Its name; none if all variables are asked for.
        name: Option<String>,
    },
    /// A request to another host. Those to other components of the application are not among the
    /// calls; the calls that such a component makes are.
    Http {
        /// The method.
        method: Method,
        /// The URL, without a password.
        url: String,
    },
    /// Something of a Redis server.
    Redis {
        /// Its address, without a password.
        server: Arc<str>,
        /// What it is to do.
        operation: RedisCall,
    },
    /// Something of an MQTT broker.
    Mqtt {
        /// Its address, without a password.
        broker: Arc<str>,
        /// What it is to do.
        operation: MqttCall,
    },
}

/// What a Redis server can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisCall {
    /// A new connection.
    Open,
    /// To run a command, also one that `spin:redis` has a function of its own for.
    Command {
        /// Its name in capitals.
        name: String,
        /// Its arguments; none of the commands that carry a password.
        arguments: Vec<Vec<u8>>,
    },
}

/// What an MQTT broker can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MqttCall {
    /// A new connection.
    Open,
    /// To pass a message on.
    Publish {
        /// The topic.
        topic: String,
        /// The message.
        payload: Vec<u8>,
        /// How certain its arrival is to be.
        qos: Qos,
    },
}

/// What a key-value store can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "they are called as in `wasi:keyvalue`")]
pub enum KeyValueCall {
    Open,
    Get {
        key: String,
    },
    Set {
        key: String,
        value: Vec<u8>,
    },
    Delete {
        key: String,
    },
    Exists {
        key: String,
    },
    GetKeys,
    GetMany {
        keys: Vec<String>,
    },
    SetMany {
        pairs: Vec<(String, Vec<u8>)>,
    },
    DeleteMany {
        keys: Vec<String>,
    },
    Increment {
        key: String,
        delta: i64,
    },
    CompareAndSwap {
        key: String,
        expected: Option<Vec<u8>>,
        value: Vec<u8>,
    },
}

/// The kinds of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlKind {
    /// `spin:sqlite`
    Sqlite,
    /// `spin:postgres`
    Postgres,
    /// `spin:mysql`
    MySql,
}

/// What a database can be asked for.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum SqlCall {
    /// A new connection.
    Open,
    /// To run a statement.
    Statement {
        /// Its text.
        text: String,
        /// The values of its parameters.
        parameters: Vec<SqlValue>,
    },
    /// The rowid of the latest insertion.
    LastInsertRowid,
    /// How many rows the latest statement touched.
    Changes,
}

impl Call {
    /// The statement that a database is to run.
    pub fn statement(&self) -> Option<&str> {
        match &self.what {
            HostCall::Sql {
                operation: SqlCall::Statement { text, .. },
                ..
            } => Some(text),
            _ => None,
        }
    }

    /// The keys that the call is about.
    pub fn keys(&self) -> Vec<&str> {
        let HostCall::KeyValue { operation, .. } = &self.what else {
            return Vec::new();
        };
        match operation {
            KeyValueCall::Open | KeyValueCall::GetKeys => Vec::new(),
            KeyValueCall::Get { key }
            | KeyValueCall::Set { key, .. }
            | KeyValueCall::Delete { key }
            | KeyValueCall::Exists { key }
            | KeyValueCall::Increment { key, .. }
            | KeyValueCall::CompareAndSwap { key, .. } => vec![key],
            KeyValueCall::GetMany { keys } | KeyValueCall::DeleteMany { keys } => {
                keys.iter().map(String::as_str).collect()
            }
            KeyValueCall::SetMany { pairs } => pairs.iter().map(|(key, _)| key.as_str()).collect(),
        }
    }

    /// Whether a store or a connection is opened.
    pub fn is_opening(&self) -> bool {
        matches!(
            &self.what,
            HostCall::KeyValue {
                operation: KeyValueCall::Open,
                ..
            } | HostCall::Sql {
                operation: SqlCall::Open,
                ..
            } | HostCall::Redis {
                operation: RedisCall::Open,
                ..
            } | HostCall::Mqtt {
                operation: MqttCall::Open,
                ..
            }
        )
    }

    /// Whether it is a call of a database.
    pub fn is_sql(&self) -> bool {
        matches!(self.what, HostCall::Sql { .. })
    }

    /// Whether it is a call of a key-value store.
    pub fn is_key_value(&self) -> bool {
        matches!(self.what, HostCall::KeyValue { .. })
    }

    /// Whether it is a request to another host.
    pub fn is_http(&self) -> bool {
        matches!(self.what, HostCall::Http { .. })
    }

    /// Whether it is a call of a Redis server.
    pub fn is_redis(&self) -> bool {
        matches!(self.what, HostCall::Redis { .. })
    }

    /// Whether it is a call of an MQTT broker.
    pub fn is_mqtt(&self) -> bool {
        matches!(self.what, HostCall::Mqtt { .. })
    }

    /// Whether it asks for variables.
    pub fn is_variable(&self) -> bool {
        matches!(self.what, HostCall::Variable { .. })
    }

    /// Whether it can change nothing that outlives the instance: it opens, asks for a value, or runs a
    /// statement that begins with `SELECT`.
    pub fn only_reads(&self) -> bool {
        if self.is_opening() || self.is_variable() {
            return true;
        }
        match &self.what {
            HostCall::KeyValue { operation, .. } => matches!(
                operation,
                KeyValueCall::Get { .. }
                    | KeyValueCall::Exists { .. }
                    | KeyValueCall::GetKeys
                    | KeyValueCall::GetMany { .. }
            ),
            HostCall::Sql {
                operation: SqlCall::Statement { text, .. },
                ..
            } => text.starts_with("SELECT"),
            HostCall::Sql { .. } => true,
            _ => false,
        }
    }

    /// Whether its interface has an error to tell it of: SQLite's last rowid and number of changes have
    /// none, and a failure there is a trap.
    pub fn can_fail(&self) -> bool {
        !matches!(
            self.what,
            HostCall::Sql {
                operation: SqlCall::LastInsertRowid | SqlCall::Changes,
                ..
            }
        )
    }

    /// Whether it came to an error.
    pub fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}
