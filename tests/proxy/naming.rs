//! Whom an exchange went to.

use doctool::capture::Capture;
use doctool::capture::participants::{Participants, Rule};
use doctool::capture::proxy::{Options, Proxy};
use doctool::cloud;
use doctool::model;
use regex::Regex;

use crate::peers::{Client, Service, ok};

#[test]
fn names_come_from_services_then_rules_then_the_catalog() {
    let service = Service::answering(|head, _| {
        let address = head.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap();
        let body = format!(
            r#"{{"token": {{"catalog": [{{"type": "image", "name": "glance", "endpoints": [{{"url": "http://{address}/image"}}]}},
            {{"type": "volumev3", "name": "c", "endpoints": [{{"url": "http://{address}/volume/v3/p1"}}]}}]}}}}"#
        );
        ok("application/json", &body).replace("200 OK", "201 CREATED")
    });
    let participants = Participants::new(
        vec![model::Service { name: "keystone".into(), url: service.url("/identity") }],
        vec![Rule { url: Regex::new("/metrics$").unwrap(), name: "prometheus".into() }],
    )
    .on(cloud::DIRECTORY);
    let mut proxy =
        Proxy::start(Options { participants, ..Options::default() }, None, &|_| {}).unwrap();
    let names = |proxy: &mut Proxy, paths: &[&str]| -> Vec<String> {
        proxy.begin().unwrap();
        let mut client = Client::of(proxy, "openstack");
        for path in paths {
            let host = format!("Host: {}\r\nContent-Length: 0\r\n\r\n", service.address);
            client.send(&format!("POST {}", service.url(path)), &host);
            client.peer.message();
        }
        proxy.end().unwrap().exchanges.into_iter().map(|exchange| exchange.to).collect()
    };
    let paths =
        ["/image/early", "/identity/v3/auth/tokens", "/image/metrics", "/volume/", "/other"];
    let expected =
        ["glance-api", "keystone", "prometheus", "cinder-api", &service.address.to_string()];
    assert_eq!(names(&mut proxy, &paths), expected);
    assert_eq!(names(&mut proxy, &["/image/v2"]), ["glance-api"], "what was learnt stays");
}
