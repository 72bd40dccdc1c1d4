package api

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// envelope wraps an action's answer: {"Response":{...,"RequestId":"..."}}.
func envelope(result any, requestID string) ([]byte, error) {
	fields, err := encode(result)
	if err != nil {
		return nil, err
	}
	id, err := encode(requestID)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(`{"Response":`)
	b.Write(bytes.TrimSuffix(fields, []byte("}")))
	if len(fields) > len("{}") {
		b.WriteByte(',')
	}
	b.WriteString(`"RequestId":`)
	b.Write(id)
	b.WriteString("}}")
	return b.Bytes(), nil
}

// errorEnvelope wraps a failure. It cannot fail itself.
func errorEnvelope(e *Error, requestID string) []byte {
	type answer struct{ Error *Error }
	out, err := envelope(answer{e}, requestID)
	if err != nil {
		panic(fmt.Sprintf("api: two strings cannot be encoded: %v", err))
	}
	return out
}

// encode writes JSON without escaping "&", "<" and ">", which addresses have.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}
