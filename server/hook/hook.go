// Package hook asks an HTTP server of the operator's whether a stream may be published or played. Request and answer have the form of
// SRS's on_publish and on_play, so that what was written for those can be used.
package hook

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"aircheck/server/auth"
)

// ErrFailed is wrapped by the error for a client that nothing was decided about: without an answer it is refused.
var ErrFailed = errors.New("the hook gave no answer")

const (
	// Timeout is how long an answer may take, from connecting to its last byte.
	Timeout = 5 * time.Second
	// maxAnswer is the size of an answer, in bytes.
	maxAnswer = 4 << 10
)

// Caller asks one URL. Set the exported fields, then hand Ask to whoever decides.
type Caller struct {
	URL string
	// Client must have a timeout of Timeout at most, and not follow redirects.
	Client *http.Client
	// ServerID tells servers apart that ask the same URL.
	ServerID string
	Log      *slog.Logger

	failing atomic.Bool
}

// request is what is asked. The names are SRS's.
type request struct {
	ServerID  string `json:"server_id"`
	Action    string `json:"action"`
	ClientID  string `json:"client_id"`
	IP        string `json:"ip"`
	Vhost     string `json:"vhost"`
	App       string `json:"app"`
	TcURL     string `json:"tcUrl"`
	Stream    string `json:"stream"`
	Param     string `json:"param"`
	StreamURL string `json:"stream_url"`
	// Protocol is an addition of ours.
	Protocol string `json:"protocol"`
}

func (c *Caller) request(call auth.HookCall) request {
	out := request{
		ServerID: c.ServerID, Action: string(call.Action), ClientID: strings.ToLower(rand.Text()[:13]),
		Vhost: call.Key.Domain, App: call.Key.App, Stream: call.Key.Stream, StreamURL: call.Key.String(),
		TcURL: scheme(call.Protocol) + "://" + call.Host + "/" + call.Key.App, Protocol: call.Protocol,
	}
	if call.Remote.IsValid() {
		out.IP = call.Remote.Addr().Unmap().String()
	}
	if call.Params != "" {
		out.Param = "?" + call.Params
	}
	return out
}

func scheme(protocol string) string {
	switch protocol {
	case "rtmp", "rtsp":
		return protocol
	}
	return "http"
}

// Ask is an auth.Hook: nil if the answer is yes, an error that wraps auth.ErrHookRefused if it is no, and one that wraps ErrFailed if there
// is none within Timeout, or none that can be read.
func (c *Caller) Ask(call auth.HookCall) error {
	err := c.ask(call)
	failed := errors.Is(err, ErrFailed)
	if c.failing.Swap(failed) != failed {
		if failed {
			c.Log.Error("the hook gives no answer: nobody is let in", "action", string(call.Action), "error", err)
		} else {
			c.Log.Info("the hook answers again", "action", string(call.Action))
		}
	}
	if failed {
		return ErrFailed // why is not the client's business
	}
	return err
}

func (c *Caller) ask(call auth.HookCall) error {
	body, err := json.Marshal(c.request(call))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), Timeout)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("User-Agent", "aircheck")
	answer, err := c.Client.Do(q)
	if err != nil {
		var address *url.Error // it may hold a secret, and this is logged
		if errors.As(err, &address) {
			err = address.Err
		}
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFailed, err)
	}
	return verdict(answer.StatusCode, text)
}

// verdict reads an answer. Yes is the status 200 with 0, or an object whose code is 0; other numbers, and the statuses of a refusal, are a
// no; everything else is no answer.
func verdict(status int, text []byte) error {
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return auth.ErrHookRefused
	case status != http.StatusOK:
		return fmt.Errorf("%w: it answered with HTTP status %d", ErrFailed, status)
	case len(text) > maxAnswer:
		return fmt.Errorf("%w: it answered with more than %d bytes", ErrFailed, maxAnswer)
	}
	var code *int64
	if json.Unmarshal(text, &code) != nil {
		var object struct {
			Code *int64 `json:"code"`
		}
		if err := json.Unmarshal(text, &object); err != nil {
			return fmt.Errorf("%w: it answered neither 0 nor an object with a code", ErrFailed)
		}
		code = object.Code
	}
	switch {
	case code == nil:
		return fmt.Errorf("%w: it answered neither 0 nor an object with a code", ErrFailed)
	case *code != 0:
		return fmt.Errorf("%w: code %d", auth.ErrHookRefused, *code)
	}
	return nil
}
