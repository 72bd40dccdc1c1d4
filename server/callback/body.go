package callback

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // the wire format's hash
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"aircheck/rules"
)

// validity is how long the signature in a body is good, as the receiver is told.
const validity = 10 * time.Minute

// ErrUnsendable: no try can succeed.
var ErrUnsendable = errors.New("the event cannot be sent")

// body is what is sent of an event: its own fields, and those that all events have. sign and t are there only if there is a key.
// ErrUnsendable, or the error of File.
func (o *Outbox) body(ctx context.Context, e *rules.Event, key string, now time.Time) ([]byte, error) {
	if o.Body != nil {
		return o.Body(ctx, e, key)
	}
	var fields map[string]any
	var err error
	if e.Type == rules.EventFileReady {
		fields, err = o.fileFields(ctx, e)
	} else {
		fields, err = payloadFields(e.Payload)
	}
	if err != nil {
		return nil, err
	}
	fields["appid"] = o.AppID
	fields["event_type"] = int(e.Type)
	fields["event_id"] = strconv.FormatInt(e.ID, 10)
	if key != "" {
		t := now.Add(validity).Unix()
		fields["t"], fields["sign"] = t, sign(key, t)
	}
	return encode(fields)
}

// sign is the wire format's signature: MD5 of the key and the time when it ends.
func sign(key string, t int64) string {
	sum := md5.Sum([]byte(key + strconv.FormatInt(t, 10))) //nolint:gosec // the wire format's hash
	return hex.EncodeToString(sum[:])
}

func payloadFields(payload json.RawMessage) (map[string]any, error) {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(payload, &raw); err != nil || raw == nil {
		return nil, fmt.Errorf("%w: its payload is not a JSON object", ErrUnsendable)
	}
	fields := make(map[string]any, len(raw))
	for name, value := range raw {
		fields[name] = value
	}
	return fields, nil
}

// fileFields are those of a finished file.
func (o *Outbox) fileFields(ctx context.Context, e *rules.Event) (map[string]any, error) {
	var f rules.FileReady
	if err := json.Unmarshal(e.Payload, &f); err != nil {
		return nil, fmt.Errorf("%w: decode the payload: %w", ErrUnsendable, err)
	}
	fields := map[string]any{
		"app": e.Domain, "appname": e.App, "stream_id": e.Stream, "channel_id": e.Stream,
		"file_id": f.FileID, "record_file_id": f.FileID,
	}
	if f.Container == "" && o.File != nil { // an event of an earlier version
		known, err := o.File(ctx, f.FileID)
		if err != nil && !errors.Is(err, rules.ErrNotFound) {
			return nil, fmt.Errorf("look up file %s: %w", f.FileID, err)
		}
		f = known
	}
	if f.Container == "" {
		return fields, nil // the file is gone
	}
	ext, err := callbackExt(f)
	if err != nil {
		return nil, err
	}
	fields["file_format"] = f.Container
	fields["start_time"], fields["start_time_usec"] = f.Start.Unix(), micros(f.Start)
	fields["end_time"], fields["end_time_usec"] = f.End.Unix(), micros(f.End)
	fields["duration"] = int64(math.Round(f.Duration.Seconds()))
	fields["file_size"] = f.Size
	fields["video_url"] = o.BaseURL(e.Domain) + o.address(f)
	fields["media_start_time"], fields["record_bps"] = 0, 0
	fields["callback_ext"] = ext
	if f.TaskID != "" {
		fields["task_id"] = f.TaskID
	} else {
		fields["stream_param"] = f.Params
	}
	return fields, nil
}

func micros(t time.Time) int { return t.Nanosecond() / 1000 }

// callbackExt is JSON inside of JSON.
func callbackExt(f rules.FileReady) (string, error) {
	type ext struct {
		VideoCodec string `json:"video_codec,omitempty"`
		Resolution string `json:"resolution,omitempty"`
	}
	x := ext{VideoCodec: f.VideoCodec}
	if f.Width > 0 && f.Height > 0 {
		x.Resolution = fmt.Sprintf("%dx%d", f.Width, f.Height)
	}
	text, err := encode(x)
	return string(text), err
}

// encode writes JSON without escaping "&", "<" and ">", which addresses have.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("encode the event: %w", err)
	}
	return bytes.TrimSpace(b.Bytes()), nil
}

// address is the path of a file's address, signed if it must be.
func (o *Outbox) address(f rules.FileReady) string {
	if o.Address == nil {
		return f.PlayPath
	}
	return o.Address(f.SubAppID, f.PlayPath)
}
