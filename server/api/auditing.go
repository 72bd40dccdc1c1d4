package api

import (
	"bytes"
	"encoding/json"
	"strings"

	"aircheck/server/audit"
	"aircheck/server/auth"
)

// What of a call is written down: how long the name of a program is, and up to which size an answer is looked at.
const (
	maxAgent         = 200
	maxAuditedAnswer = 64 << 10
)

// onlyAsked tells whether a call asks what an action would do, of those that can be asked.
func onlyAsked(a action, p params) bool {
	if _, can := a.request.FieldByName("DryRun"); !can {
		return false
	}
	var q struct {
		DryRun bool `json:"DryRun"`
	}
	return p.into(&q, false) == nil && q.DryRun
}

// note writes down that an action that changes something was done, or what kept it from being done.
func (s *server) note(c *call, a action, who auth.Principal, p params, answer []byte) {
	if s.Audit == nil || onlyAsked(a, p) {
		return
	}
	agent := c.UserAgent()
	e := audit.Entry{
		Scheme: string(who.Scheme), KeyID: who.SecretID, Remote: c.client.String(), Agent: strings.ToValidUTF8(agent[:min(len(agent), maxAgent)], ""),
		Product: productOf(a.Version), Action: a.Name, Params: audit.Text(plain(p.root)), Answer: audit.Text(outcome(answer)), RequestID: c.id,
	}
	if who.Scheme == auth.SchemeSession {
		e.KeyID = ""
	}
	if c.code != CodeOK {
		e.Code = c.code
	}
	s.Audit(e)
}

// plain returns parameters as a tree of maps and lists alone.
func plain(v any) any {
	switch v := v.(type) {
	case nil:
		return map[string]any{}
	case flat:
		out := map[string]any{}
		for name, value := range v {
			out[name] = plain(value)
		}
		return out
	}
	return v
}

// outcome returns what stands in an answer but for its RequestId.
func outcome(answer []byte) any {
	var all struct{ Response map[string]any }
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber() // a FileId has more digits than a number can hold
	if len(answer) > maxAuditedAnswer || d.Decode(&all) != nil {
		return map[string]any{}
	}
	delete(all.Response, "RequestId")
	return all.Response
}
