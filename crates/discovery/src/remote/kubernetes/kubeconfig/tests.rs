use super::*;

const FILE: &str = r"
apiVersion: v1
kind: Config
preferences: {colors: true}
current-context: shop
contexts:
- {name: shop, context: {cluster: c1, user: ann, namespace: shop, extensions: []}}
- {name: other, context: {cluster: c2, user: ben}}
clusters:
- name: c1
  cluster:
    server: https://10.0.0.1:6443
    tls-server-name: kubernetes
    certificate-authority-data: LS0tLS1CRUdJTgo=
    certificate-authority: ignored.pem
    proxy-url: http://u:p@proxy:3128
- {name: c2, cluster: {server: 'http://a/b/', insecure-skip-tls-verify: true}}
users:
- name: ann
  user: {client-certificate: ann.pem, client-key-data: a2V5, token: t, tokenFile: /run/token}
- {name: ben, user: {username: ben, password: s3}}
";

fn read_text(text: &str) -> Result<(HttpClientConfig, String), String> {
    client(text.as_bytes(), Path::new("/home/ann/.kube"))
}

#[test]
fn the_current_context_counts() {
    let (http, server) = read_text(FILE).unwrap();
    assert_eq!(server, "https://10.0.0.1:6443/");
    assert_eq!(http.tls.server_name.as_deref(), Some("kubernetes"));
    assert_eq!(http.tls.ca, Some(TextSource::Inline("-----BEGIN\n".to_owned())));
    assert_eq!(http.tls.cert, Some(TextSource::File("/home/ann/.kube/ann.pem".to_owned())));
    assert_eq!(http.tls.key, Some(SecretSource::Inline(Secret::new("key"))));
    let credentials = Some(SecretSource::File("/run/token".to_owned()));
    assert_eq!(http.auth, HttpAuth::Authorization { kind: "Bearer".to_owned(), credentials });
    assert_eq!(http.proxy.url.unwrap().reveal(), "http://u:p@proxy:3128/");
    let (http, server) = read_text(&FILE.replace("context: shop\n", "context: other\n")).unwrap();
    assert_eq!((server.as_str(), http.tls.insecure_skip_verify), ("http://a/b/", true));
    let password = Some(SecretSource::Inline(Secret::new("s3")));
    let username = TextSource::Inline("ben".to_owned());
    assert_eq!(http.auth, HttpAuth::Basic { username, password });
}

#[test]
fn what_cannot_be_used_is_named_without_its_secrets() {
    let cases = [
        ("current-context: shop", "current-context: none", "no context is called `none`"),
        ("cluster: c1,", "cluster: c3,", "no cluster is called `c3`"),
        ("user: ann, ", "user: eve, ", "no user is called `eve`"),
        ("LS0tLS1CRUdJTgo=", "'%'", "`certificate-authority-data` is no PEM in base64"),
        ("client-certificate: ann.pem, ", "", "a client certificate or a key, but not both"),
        ("token: t, ", "exec: {command: aws}, ", "users of `exec` and `auth-provider`"),
        ("token: t, ", "token: [s3cret], ", "the user has a value of the wrong kind"),
        ("    server: https://10.0.0.1:6443\n", "", "the cluster has no `server`"),
        ("current-context: shop", "current-context: [", "it is no YAML"),
    ];
    for (from, to, expected) in cases {
        assert!(FILE.contains(from), "{from}");
        let error = read_text(&FILE.replace(from, to)).unwrap_err();
        assert!(error.contains(expected) && !error.contains("s3cret"), "{error}");
    }
}
