#!/usr/bin/env bash
# @grpc/proto-loader 0.8.1 with @grpc/grpc-js 1.14.7 for Node (checked 2026-11-29): the same message has
# a map field as an object or as a list of entries, depending on how its schema was loaded.
#
# Seen: loadSync() of the .proto file takes and gives `inputs: { label: ... }`. From the descriptor set
# that protoc wrote of the same file, loadFileDescriptorSetFromBuffer() gives and takes
# `inputs: [{ key: "label", value: ... }]`; an object is refused there with "array expected".
#
# Why it matters: TensorFlow Serving's .proto files import half of TensorFlow, so clients rather ship
# a descriptor set. Code that is written against one schema then fails on the other, and where it only
# reads (`response.outputs.image`), it gets undefined without an error.
#
# Remedy: Object.entries(map).map(([key, value]) => ({ key, value })) and back, or ship .proto files.
set -euo pipefail
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
npm init -y >/dev/null
npm install --silent --no-fund --no-audit @grpc/grpc-js@1.14.7 @grpc/proto-loader@0.8.1
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check grpcio-tools==1.85.1
cat > ask.proto <<'PROTO'
syntax = "proto3";
package ask;
message Request { map<string, int32> inputs = 1; }
service Asked { rpc Predict(Request) returns (Request); }
PROTO
venv/bin/python -m grpc_tools.protoc -I . --descriptor_set_out=ask.bin ask.proto

cat > check.mjs <<'JS'
import assert from "node:assert";
import fs from "node:fs";
import loader from "@grpc/proto-loader";

const fromText = loader.loadSync("ask.proto");
const fromBinary = loader.loadFileDescriptorSetFromBuffer(fs.readFileSync("ask.bin"));
const [text, binary] = [fromText, fromBinary].map((each) => each["ask.Asked"].Predict);

const asObject = { inputs: { label: 7 } };
const asEntries = { inputs: [{ key: "label", value: 7 }] };
const bytes = text.requestSerialize(asObject);
console.log("object, .proto:        ", bytes.toString("hex"));
assert.throws(() => binary.requestSerialize(asObject), /inputs: array expected/);
console.log("entries, descriptor set:", binary.requestSerialize(asEntries).toString("hex"));
console.log("read by the .proto:        ", JSON.stringify(text.requestDeserialize(bytes)));
console.log("read by the descriptor set:", JSON.stringify(binary.requestDeserialize(bytes)));
assert.notStrictEqual(bytes.length, 0);
assert.deepStrictEqual(binary.requestSerialize(asEntries), bytes);
assert.deepEqual(text.requestDeserialize(bytes), asObject);
assert.deepEqual(binary.requestDeserialize(bytes), asEntries);
JS
node check.mjs
