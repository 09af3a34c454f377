use super::{Dialer, first_answer};
use crate::{AddressPolicy, AddressRule, Cidr, ErrorKind, Verdict};
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_address_that_never_answers_does_not_cost_the_others_their_turn() {
    let [silent, good] = ["10.0.0.1:80", "10.0.0.2:80"];
    let connect = async |address: SocketAddr| {
        if address.to_string() == silent {
            pending::<()>().await;
        }
        Ok(address)
    };
    let dialled = first_answer(addresses(&[silent, good]), connect);
    let found = tokio::time::timeout(Duration::from_hours(1), dialled).await.unwrap();
    assert_eq!(found.unwrap().to_string(), good);
    let dialled = first_answer(addresses(&[silent]), async |_| pending::<io::Result<()>>().await);
    let error = tokio::time::timeout(Duration::from_hours(1), dialled).await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert_eq!(error.describe(), "dial tcp 10.0.0.1:80: timed out");
}

#[test]
fn inv_30_of_a_name_only_the_allowed_addresses_are_dialled() {
    let rule = AddressRule { block: Cidr::parse("10.0.0.0/8").unwrap(), verdict: Verdict::Deny };
    let dialer = Dialer::new(Arc::new(AddressPolicy::with_rules([rule])));
    let mixed = addresses(&["10.0.0.1:80", "192.0.2.1:80", "[::ffff:10.0.0.1]:80"]);
    assert_eq!(dialer.allowed("mixed", mixed).unwrap(), addresses(&["192.0.2.1:80"]));
    let error = dialer.allowed("inside", addresses(&["10.0.0.1:80"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(error.describe(), "address 10.0.0.1 of \"inside\" is forbidden by the policy");
    assert_eq!(dialer.allowed("empty", Vec::new()).unwrap_err().kind(), ErrorKind::Resolve);
}
