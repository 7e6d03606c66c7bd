package wire

import (
	"strconv"
	"strings"
)

// OpenAPI describes an API at one version as an OpenAPI 3.1 document, fit for
// encoding/json. The actions of a POST .../action are the alternatives of its
// body.
func OpenAPI(title string, v Version, routes []Endpoint) Schema {
	paths := map[string]Schema{}
	for _, e := range routes {
		info := e.Info()
		if !info.Span.Has(v) || info.Gone {
			continue
		}
		path := paths[info.Path]
		if path == nil {
			path = Schema{}
			paths[info.Path] = path
		}
		method := strings.ToLower(info.Method)
		if operation, ok := path[method].(Schema); ok {
			addAction(operation, info, v)
			continue
		}
		path[method] = operation(info, v)
	}
	version := "unversioned"
	if !v.IsZero() {
		version = v.String()
	}
	return Schema{
		"openapi": "3.1.0",
		"info":    Schema{"title": title, "version": version},
		"paths":   paths,
		"components": Schema{"securitySchemes": Schema{
			"token": Schema{"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
		}},
	}
}

func operation(info Info, v Version) Schema {
	in := bindingOf(info.In, v)
	op := Schema{"operationId": info.Name, "responses": responses(info, v)}
	if !info.Public {
		op["security"] = []Schema{{"token": []string{}}}
	}
	if info.Policy.Name != "" {
		op["x-policy"] = Schema{"rule": info.Policy.Name, "default": info.Policy.Default}
	}
	var parameters []Schema
	for _, group := range []struct {
		in     string
		params []param
	}{{"path", in.path}, {"query", in.query}, {"header", in.header}} {
		for _, p := range group.params {
			parameters = append(parameters, Schema{
				"name": p.name, "in": group.in, "required": group.in == "path", "schema": compile(p.typ, v, p.rules).schema(),
			})
		}
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	switch {
	case in.stream >= 0:
		op["requestBody"] = Schema{"content": Schema{"application/octet-stream": Schema{}}}
	case info.Action != "" || in.hasBody():
		op["requestBody"] = content(bodySchema(info, in))
	}
	return op
}

func addAction(op Schema, info Info, v Version) {
	added := bodySchema(info, bindingOf(info.In, v))
	media := op["requestBody"].(Schema)["content"].(Schema)["application/json"].(Schema)
	have := media["schema"].(Schema)
	if any, ok := have["anyOf"].([]Schema); ok {
		media["schema"] = Schema{"anyOf": append(any, added)}
	} else {
		media["schema"] = Schema{"anyOf": []Schema{have, added}}
	}
	op["operationId"] = op["operationId"].(string) + "," + info.Name
	for status, response := range responses(info, v) {
		op["responses"].(Schema)[status] = response
	}
}

func bodySchema(info Info, in *binding) Schema {
	if info.Action == "" {
		return in.body.schema()
	}
	inner := Schema{}
	if in.hasBody() {
		inner = in.body.schema()
	}
	return Schema{
		"type": "object", "properties": Schema{info.Action: inner},
		"required": []string{info.Action}, "additionalProperties": false,
	}
}

func responses(info Info, v Version) Schema {
	out := bindingOf(info.Out, v)
	reply := Schema{"description": "success"}
	switch {
	case out.stream >= 0:
		reply["content"] = Schema{"application/octet-stream": Schema{}}
	case out.hasBody():
		reply["content"] = content(out.body.schema())["content"]
	}
	return Schema{strconv.Itoa(info.Status.At(v)): reply}
}

func content(s Schema) Schema {
	return Schema{"content": Schema{"application/json": Schema{"schema": s}}}
}
