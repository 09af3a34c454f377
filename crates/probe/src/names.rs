//! Names and help texts of the series, as `blackbox_exporter` 0.28 writes them, and our own.

/// A gauge: name and help.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Metric(pub(crate) &'static str, pub(crate) &'static str);

macro_rules! metrics {
    ($($id:ident $name:literal $help:literal)*) => {
        $(pub(crate) const $id: Metric = Metric($name, $help);)*
    };
}

metrics! {
    SUCCESS "probe_success" "Displays whether or not the probe was a success"
    DURATION "probe_duration_seconds" "Returns how long the probe took to complete in seconds"
    LOOKUP_TIME "probe_dns_lookup_time_seconds"
        "Returns the time taken for probe dns lookup in seconds"
    IP_PROTOCOL "probe_ip_protocol" "Specifies whether probe ip protocol is IP4 or IP6"
    IP_HASH "probe_ip_addr_hash"
        "Specifies the hash of IP address. It's useful to detect if the IP address changes."
    FAILED_REGEX "probe_failed_due_to_regex" "Indicates if probe failed due to regex"
    FAILED_BYTES "probe_failed_due_to_bytes" "Indicates if probe failed due to bytes"
    EXPECT_INFO "probe_expect_info" "Explicit content matched"

    HTTP_DURATION "probe_http_duration_seconds"
        "Duration of http request by phase, summed over all redirects"
    HTTP_LENGTH "probe_http_content_length" "Length of http content response"
    HTTP_BODY "probe_http_uncompressed_body_length" "Length of uncompressed response body"
    HTTP_REDIRECTS "probe_http_redirects" "The number of redirects"
    HTTP_SSL "probe_http_ssl" "Indicates if SSL was used for the final redirect"
    HTTP_STATUS "probe_http_status_code" "Response HTTP status code"
    HTTP_VERSION "probe_http_version" "Returns the version of HTTP of the probe response"
    HTTP_LAST_MODIFIED "probe_http_last_modified_timestamp_seconds"
        "Returns the Last-Modified HTTP response header in unixtime"

    SSL_EARLIEST "probe_ssl_earliest_cert_expiry" "Returns last SSL chain expiry in unixtime"
    SSL_LAST_CHAIN "probe_ssl_last_chain_expiry_timestamp_seconds"
        "Returns last SSL chain expiry in timestamp"
    SSL_INFO "probe_ssl_last_chain_info" "Contains SSL leaf certificate information"
    TLS_VERSION "probe_tls_version_info" "Returns the TLS version used or NaN when unknown"
    TLS_CIPHER "probe_tls_cipher_info" "Returns the TLS cipher negotiated during handshake"

    DNS_DURATION "probe_dns_duration_seconds" "Duration of DNS request by phase"
    DNS_ANSWERS "probe_dns_answer_rrs"
        "Returns number of entries in the answer resource record list"
    DNS_AUTHORITIES "probe_dns_authority_rrs"
        "Returns number of entries in the authority resource record list"
    DNS_ADDITIONALS "probe_dns_additional_rrs"
        "Returns number of entries in the additional resource record list"
    DNS_SUCCEEDED "probe_dns_query_succeeded"
        "Displays whether or not the query was executed successfully"
    DNS_SERIAL "probe_dns_serial" "Returns the serial number of the zone"

    ICMP_DURATION "probe_icmp_duration_seconds" "Duration of icmp request by phase"
    ICMP_HOP_LIMIT "probe_icmp_reply_hop_limit" "Replied packet hop limit (TTL for ipv4)"

    WEBSOCKET_STATUS "probe_websocket_status_code" "Response HTTP status code"
    WEBSOCKET_UPGRADED "probe_websocket_connection_upgraded"
        "Indicates if the websocket connection was successfully upgraded"
    WEBSOCKET_REGEX "probe_websocket_failed_due_to_regex"
        "Indicates if probe failed due to regex"

    GRPC_DURATION "probe_grpc_duration_seconds" "Duration of gRPC request by phase"
    GRPC_SSL "probe_grpc_ssl" "Indicates if SSL was used for the connection"
    GRPC_STATUS "probe_grpc_status_code" "Response gRPC status code"
    GRPC_RESPONSE "probe_grpc_healthcheck_response" "Response HealthCheck response"

    DATABASE_DURATION "flyball_probe_database_duration_seconds"
        "Time of a probe of a database by phase"
    DATABASE_REPLICA "flyball_probe_database_replica"
        "Whether the database follows another server (1) or takes writes (0)"
    DATABASE_LAG "flyball_probe_database_replication_lag_seconds"
        "How far the replica is behind, as it knows itself"
    DATABASE_VALUE "flyball_probe_database_value"
        "First value that the query gives, if it is a number"
}
