//! Rule groups and the states of alerting rules.
