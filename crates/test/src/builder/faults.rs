//! What goes wrong from the beginning.

use crate::builder::TestAppBuilder;
use crate::fault::Fault;

impl TestAppBuilder {
    /// Lets something go wrong from the beginning; [`TestApp::inject`](crate::TestApp::inject) does so
    /// later.
    #[must_use]
    pub fn fault(self, fault: Fault) -> Self {
        self.faults.add(fault);
        self
    }

    /// Lets every attempt to open a database fail, with [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn failing_database(self) -> Self {
        self.fault(Fault::on_opening_a_database())
    }

    /// Lets the database open and every statement that has to read or write what it keeps fail,
    /// with [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn unreadable_database(self) -> Self {
        self.fault(Fault::on_storage())
    }

    /// Lets every statement fail that contains this text, with [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn failing_at(self, statement: &str) -> Self {
        self.fault(Fault::on_statements_with(statement))
    }

    /// Lets statements that contain this text never come to an end, while the transaction that they
    /// are in stays open.
    #[must_use]
    pub fn silent_at(self, statement: &str) -> Self {
        self.fault(Fault::on_statements_with(statement).hangs())
    }

    /// Lets every call on an open key-value store fail, with [`FAULT`](crate::FAULT).
    #[must_use]
    pub fn failing_key_value(self) -> Self {
        self.fault(Fault::on_key_value())
    }

    /// Lets other requests go on, for a while, in every call on an open key-value store.
    #[must_use]
    pub fn hesitant_key_value(self) -> Self {
        self.fault(Fault::on_key_value().hesitates())
    }

    /// Hands out connections to Postgres as Spin may: within a transaction that somebody began who
    /// is gone, every other one in a transaction that has failed.
    #[must_use]
    pub fn left_in_transactions(mut self) -> Self {
        self.unclean_connections = true;
        self
    }
}
