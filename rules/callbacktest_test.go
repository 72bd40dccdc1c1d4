package rules_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"aircheck/rules"
)

// TestCallbackTest checks where samples go and with which key, and what is refused before anything is sent.
func TestCallbackTest(t *testing.T) {
	s := newCallbacks(t)
	id, err := s.CreateTemplate(t.Context(), rules.CallbackTemplate{
		Name: "t", Key: "k", URLs: rules.CallbackURLs{Record: "http://a/record", RecordException: "http://a/exception"},
		RecordExceptionLevels: []string{"error"},
	})
	if err != nil {
		t.Fatal(err)
	}
	type sent struct {
		kind     rules.EventType
		url, key string
	}
	var last sent
	s.Send = func(_ context.Context, e *rules.Event, url, key string) (rules.Delivery, error) {
		last = sent{e.Type, url, key}
		if !json.Valid(e.Payload) || e.ID != 0 || e.Stream == "" {
			t.Errorf("sample %+v: %s", e, e.Payload)
		}
		return rules.Delivery{URL: url}, nil
	}
	for _, c := range []struct {
		test rules.CallbackTest
		want sent
	}{
		{rules.CallbackTest{TemplateID: id, Type: rules.EventFileReady}, sent{rules.EventFileReady, "http://a/record", "k"}},
		{rules.CallbackTest{TemplateID: id, Type: rules.EventRecordException}, sent{rules.EventRecordException, "http://a/exception", "k"}},
		{rules.CallbackTest{TemplateID: id, Type: rules.EventStreamBegin, URL: "http://b/", Key: "x"}, sent{rules.EventStreamBegin, "http://b/", "k"}},
		{rules.CallbackTest{Type: rules.EventStreamEnd, URL: "http://b/", Key: "x"}, sent{rules.EventStreamEnd, "http://b/", "x"}},
		{rules.CallbackTest{Type: rules.EventRecordStatus, URL: "http://b/"}, sent{rules.EventRecordStatus, "http://b/", ""}},
	} {
		last = sent{}
		if _, err := s.Test(t.Context(), c.test); err != nil || last != c.want {
			t.Errorf("%+v: sent %+v, %v", c.test, last, err)
		}
	}
	last = sent{}
	for field, test := range map[string]rules.CallbackTest{
		"EventType": {TemplateID: id, Type: rules.EventStreamBegin},
		"Url":       {Type: rules.EventFileReady},
	} {
		var invalid *rules.InvalidError
		if _, err := s.Test(t.Context(), test); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%+v: %v", test, err)
		}
	}
	for _, test := range []rules.CallbackTest{
		{Type: 7, URL: "http://b/"}, {URL: "ftp://b/"}, {URL: "http://u:p@b/"}, {TemplateID: 99},
	} {
		if _, err := s.Test(t.Context(), test); err == nil {
			t.Errorf("%+v: sent", test)
		}
	}
	if last != (sent{}) {
		t.Errorf("what was refused was sent: %+v", last)
	}
}
