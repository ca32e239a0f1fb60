// node ask_grpc_js.js ADDRESS DESCRIPTORS REQUESTS.json ANSWERS.json, with NODE_PATH at the folder of the packages.
const fs = require("fs");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [address, descriptors, requests, answers] = process.argv.slice(2);
const options = { keepCase: true, longs: Number, enums: String, defaults: true };
const definition = loader.loadFileDescriptorSetFromBuffer(fs.readFileSync(descriptors), options);
const { PredictionService } = grpc.loadPackageDefinition(definition).tensorflow.serving;
const client = new PredictionService(address, grpc.credentials.createInsecure());

const TYPES = { uint8: "DT_UINT8", uint16: "DT_UINT16", int32: "DT_INT32", float32: "DT_FLOAT", object: "DT_STRING" };
const FIELDS = { DT_UINT8: "int_val", DT_UINT16: "int_val", DT_INT32: "int_val", DT_FLOAT: "float_val", DT_STRING: "string_val" };

function tensor({ dtype, shape, values }) {
  const type = TYPES[dtype];
  const content = type === "DT_STRING" ? values.map((value) => Buffer.from(value, "base64")) : values;
  return { dtype: type, tensor_shape: { dim: shape.map((size) => ({ size })) }, [FIELDS[type]]: content };
}

function read(answer) {
  const values = answer[FIELDS[answer.dtype]];
  return answer.dtype === "DT_STRING" ? values.map((value) => value.toString("base64")) : values;
}

function ask(signature, inputs) {
  // Descriptors turn a map into the list of its entries, which is the same on the wire.
  const given = Object.entries(inputs).map(([key, value]) => ({ key, value: tensor(value) }));
  const request = { model_spec: { name: "default", signature_name: signature }, inputs: given };
  return new Promise((resolve, reject) => {
    client.Predict(request, (error, { outputs } = {}) => {
      if (error) reject(error);
      else resolve(Object.fromEntries(outputs.map(({ key, value }) => [key, read(value)])));
    });
  });
}

(async () => {
  const found = {};
  for (const [signature, inputs] of Object.entries(JSON.parse(fs.readFileSync(requests)))) {
    found[signature] = await ask(signature, inputs);
  }
  // JSON has no NaN, and none is expected.
  fs.writeFileSync(answers, JSON.stringify(found));
  client.close();
})();
