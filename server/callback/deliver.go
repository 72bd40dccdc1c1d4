package callback

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"aircheck/rules"
)

// The headers beside those of HTTP.
const (
	headerID        = "X-Aircheck-Event-Id"
	headerSignature = "X-Aircheck-Signature"
	headerLate      = "X-Aircheck-Late"
	headerTest      = "X-Aircheck-Test"
)

const (
	// maxAnswer is how much of an answer is read and logged.
	maxAnswer = 1 << 10
	// maxHeader is how much of an answer's header is logged, in bytes; a field that does not fit is left out.
	maxHeader = 2 << 10
	// longestPause is the longest one between two tries of a parked event.
	longestPause = time.Hour
)

// landing is what a try led to. entry has the state, tries and time that are stored for the event now.
type landing struct {
	entry *entry
	// over tells that there is nothing more to do, changed that somebody else changed the event meanwhile.
	over, changed bool
}

// try makes one try, and stores what came of it. It returns when that is on the disk.
func (o *Outbox) try(ctx context.Context, e *entry, key string) landing {
	log := o.Log.With("event", e.ID, "type", int(e.Type), "stream", e.Domain+"/"+e.App+"/"+e.Stream)
	event, err := o.Store.Event(ctx, e.ID)
	switch {
	case ctx.Err() != nil:
		return landing{entry: e, over: true}
	case errors.Is(err, rules.ErrNotFound):
		return landing{entry: e, over: true}
	case err != nil:
		log.Error("an event cannot be read; it is delivered later", "error", err)
		return e.again(time.Now().Add(o.Interval))
	}
	sent := time.Now()
	body, err := o.body(ctx, &event, key, sent)
	switch {
	case errors.Is(err, ErrUnsendable):
		log.Error("an event is dropped", "error", err)
		return o.settle(ctx, e, rules.Delivery{}, e.outcome(rules.EventDropped, sent))
	case err != nil:
		log.Error("an event cannot be put together; it is delivered later", "error", err)
		return e.again(sent.Add(o.Interval))
	}
	d := newDelivery(&event, e.url, body, sent)
	if e.late() {
		o.post(ctx, &d, key, headerLate)
	} else {
		o.post(ctx, &d, key, "")
	}
	if d.Code == rules.CodeDelivered {
		o.delivered.Add(1)
		log.Debug("callback delivered", "url", withoutQuery(e.url), "late", e.late())
		return o.settle(ctx, e, d, e.outcome(rules.EventDelivered, d.AnswerAt))
	}
	if ctx.Err() != nil { // it is this server that broke it off: no try
		return landing{entry: e, over: true}
	}
	o.failed.Add(1)
	next := o.afterFailure(e, d.At, d.AnswerAt)
	level := log.Info
	if next.State != e.State {
		level = log.Warn
	}
	level("callback not delivered", "url", withoutQuery(e.url), "code", d.Code, "answer", firstLine(d.Response), "tries", next.Attempts,
		"state", string(next.State))
	return o.settle(ctx, e, d, next)
}

// withoutQuery is the part of a URL that a log may show: its query may hold secrets.
func withoutQuery(address string) string {
	rest, _, _ := strings.Cut(address, "?")
	return rest
}

func firstLine(s string) string {
	const most = 200
	line, _, _ := strings.Cut(s, "\n")
	return line[:min(len(line), most)]
}

// outcome is what becomes of an event at the end of a try.
func (e *entry) outcome(state rules.EventState, next time.Time) rules.Outcome {
	return rules.Outcome{
		ID: e.ID, FromState: e.State, FromAttempts: e.Attempts, State: state, Attempts: e.Attempts + 1, NextAt: next,
	}
}

// afterFailure says when an event is tried again, and how.
func (o *Outbox) afterFailure(e *entry, sent, now time.Time) rules.Outcome {
	if e.State == rules.EventPending && e.Attempts == 0 && sent.Sub(e.NextAt) > o.Keep {
		// It has waited that long for those before it. Were it kept, events that come faster than the tries of each would pile up
		// for ever.
		return e.outcome(rules.EventDropped, now)
	}
	if !e.late() && e.Attempts+1 < o.Tries {
		next := sent.Add(o.Interval)
		if next.Before(now) {
			next = now
		}
		return e.outcome(rules.EventPending, next)
	}
	next := now.Add(o.latePause(e.Attempts + 1 - o.Tries))
	if next.After(e.At.Add(o.Keep)) {
		return e.outcome(rules.EventDropped, now)
	}
	return e.outcome(rules.EventParked, next)
}

// latePause is the pause before the next try of a parked event, n of which have failed: it doubles up to an hour.
func (o *Outbox) latePause(n int) time.Duration {
	pause := o.Interval
	for range n + 1 {
		if pause *= 2; pause >= longestPause {
			return max(longestPause, o.Interval)
		}
	}
	return pause
}

// again has an event tried once more as it is, which the database does not know.
func (e *entry) again(at time.Time) landing {
	next := *e
	next.NextAt = at
	return landing{entry: &next}
}

// settle stores what a try led to.
func (o *Outbox) settle(ctx context.Context, e *entry, d rules.Delivery, out rules.Outcome) landing {
	same, err := o.Store.SettleEvent(context.WithoutCancel(ctx), d, out)
	switch {
	case err != nil:
		o.Log.Error("the result of a callback cannot be stored; it may be sent again", "event", e.ID, "error", err)
		return e.again(time.Now().Add(o.Interval))
	case !same:
		return landing{entry: e, changed: true}
	}
	next := *e
	next.State, next.Attempts, next.NextAt = out.State, out.Attempts, out.NextAt
	return landing{entry: &next, over: out.State != rules.EventPending && out.State != rules.EventParked}
}

// newDelivery is a try that is about to be made.
func newDelivery(e *rules.Event, address string, body []byte, sent time.Time) rules.Delivery {
	return rules.Delivery{
		EventID: e.ID, Type: e.Type, Domain: e.Domain, App: e.App, Stream: e.Stream, URL: address, At: sent, Request: string(body),
	}
}

// post sends d.Request and notes what came of it in d: the result code, and the beginning of the answer or why there is none. mark is a
// header that is set beside those that are always there; it may be empty.
func (o *Outbox) post(ctx context.Context, d *rules.Delivery, key, mark string) {
	d.Code = rules.CodeNoAnswer
	defer func() { d.AnswerAt = time.Now() }()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, strings.NewReader(d.Request))
	if err != nil {
		d.Response = err.Error()
		return
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Aircheck")
	r.Header.Set(headerID, strconv.FormatInt(d.EventID, 10))
	if key != "" {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(d.Request))
		r.Header.Set(headerSignature, hex.EncodeToString(mac.Sum(nil)))
	}
	if mark != "" {
		r.Header.Set(mark, "1")
	}
	d.RequestHeader = headerFields(r.Header)
	resp, err := o.Client.Do(r)
	if err != nil {
		var named *url.Error // which names the URL, with what in it may be secret
		if errors.As(err, &named) {
			err = named.Err
		}
		d.Response = err.Error()
		return
	}
	defer resp.Body.Close()
	// What follows the limit is not read: the connection is closed instead.
	text, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	d.Response = strings.ToValidUTF8(string(text), "\uFFFD")
	d.ResponseHeader = headerFields(resp.Header)
	if d.Code = resp.StatusCode; d.Code == http.StatusOK {
		d.Code = rules.CodeDelivered
	}
}

// headerFields are those of a header by name, as many as fit.
func headerFields(h http.Header) []rules.HeaderField {
	var out []rules.HeaderField
	room := maxHeader
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			if len(name)+len(value) > room {
				continue
			}
			room -= len(name) + len(value)
			out = append(out, rules.HeaderField{Name: name, Value: strings.ToValidUTF8(value, "\uFFFD")})
		}
	}
	return out
}
