#!/usr/bin/env bash
# Makes keys and certificates for an encrypted gRPC port, and the file for --ssl_config_file: tls.sh HOST FOLDER
# HOST is a name or an address: localhost, 192.0.2.7, 2001:db8::7.
# Clients get FOLDER/ca.pem. Where you have certificates of your own, write FOLDER/tls.config with their text instead.
set -euo pipefail
if [ $# != 2 ]; then
    echo "usage: $0 HOST FOLDER, HOST as clients write it: serving.example.org, or localhost" >&2
    exit 2
fi
host=$1
mkdir -p "$2"
cd "$2"
umask 077
[[ $host == *:* || $host =~ ^[0-9.]+$ ]] && kind=IP || kind=DNS
openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj "/CN=$host CA" -keyout ca.key -out ca.pem
openssl req -newkey rsa:3072 -nodes -subj "/CN=$host" -keyout server.key -out server.csr
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 -out server.pem \
    -extfile <(printf 'subjectAltName=%s:%s' "$kind" "$host")
# The text of the files, each line of it quoted, which the format joins again.
quoted() { sed 's/.*/  "&\\n"/' "$1"; }
{
    echo "server_key:"
    quoted server.key
    echo "server_cert:"
    quoted server.pem
    echo "client_verify: false"
} >tls.config
rm server.csr ca.srl
echo "$2: ca.pem for clients, tls.config for the server"
