package rtmp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Types of message (RTMP 1.0, 5.4 and 7.1).
const (
	msgSetChunkSize, msgAbort, msgAck, msgUserControl = 1, 2, 3, 4
	msgWindowAck, msgPeerBandwidth                    = 5, 6
	msgAudio, msgVideo                                = 8, 9
	msgDataAMF3, msgCommandAMF3                       = 15, 17
	msgData, msgCommand                               = 18, 20
	msgAggregate                                      = 22

	eventStreamBegin, eventPingRequest, eventPingResponse = 0, 6, 7
)

const (
	ownChunkSize = 65536
	ownWindow    = 5_000_000
	minWindow    = 1024
	publishID    = 1 // the message stream that createStream gives out

	csControl, csCommand = 2, 3
)

var (
	errUnpublished = errors.New("the publisher stopped")
	errRefused     = errors.New("refused")
)

// session is the state of one connection above its chunks. It is used by one goroutine at a time and does no I/O: answers are
// appended to out.
type session struct {
	server *Server
	conn   *conn
	chunks *chunkReader
	out    []byte

	tcURL, app string
	connected  bool
	stream     *stream.Stream
	units      []*media.Unit
	reader     unitReader
	wall       time.Time

	received, acked uint64
	window          uint64
	// complaint is the first thing of the media that could not be read.
	complaint error
}

// consume takes bytes from the socket, and writes the units in them to the stream.
func (s *session) consume(b []byte, now time.Time) (rest []byte, err error) {
	s.wall = now
	n, err := s.chunks.feed(b)
	if s.stream != nil && len(s.units) > 0 {
		if werr := s.stream.Write(s.units); werr != nil && err == nil {
			err = werr
		}
		clear(s.units)
		s.units = s.units[:0]
	}
	return b[n:], err
}

// count notes bytes read from the socket, and acknowledges them.
func (s *session) count(n int, now time.Time) {
	s.received += uint64(n)
	if s.stream != nil {
		s.stream.Received(n, now)
	}
	if s.window >= minWindow && s.received-s.acked >= s.window/2 {
		s.acked = s.received
		s.control(msgAck, uint32(s.received))
	}
}

func (s *session) send(cs byte, typ byte, streamID uint32, body []byte) {
	s.out = appendMessage(s.out, cs, message{typ: typ, streamID: streamID, body: body})
}

func (s *session) control(typ byte, value uint32, more ...byte) {
	s.send(csControl, typ, 0, append(binary.BigEndian.AppendUint32(nil, value), more...))
}

func (s *session) command(streamID uint32, values ...any) {
	s.send(csCommand, msgCommand, streamID, appendAMF(nil, values...))
}

func (s *session) status(level, code, description string) {
	s.command(publishID, "onStatus", 0.0, nil, []property{
		{"level", level}, {"code", code}, {"description", description},
	})
}

// handle is called for each message.
func (s *session) handle(m message) error {
	switch m.typ {
	case msgAudio, msgVideo:
		return s.media(m)
	case msgAggregate:
		return s.aggregate(m)
	case msgSetChunkSize:
		if len(m.body) >= 4 {
			return s.chunks.setSize(binary.BigEndian.Uint32(m.body))
		}
	case msgAbort:
		if len(m.body) >= 4 {
			s.chunks.abort(binary.BigEndian.Uint32(m.body))
		}
	case msgWindowAck:
		if len(m.body) >= 4 {
			s.window = uint64(binary.BigEndian.Uint32(m.body))
		}
	case msgUserControl:
		if len(m.body) >= 6 && binary.BigEndian.Uint16(m.body) == eventPingRequest {
			s.send(csControl, msgUserControl, 0, append([]byte{0, eventPingResponse}, m.body[2:6]...))
		}
	case msgDataAMF3, msgCommandAMF3:
		if len(m.body) > 0 && m.body[0] == 0 { // AMF0 inside
			m.body = m.body[1:]
			m.typ += msgData - msgDataAMF3
			return s.handle(m)
		}
	case msgData:
		s.data(m.body)
	case msgCommand:
		return s.onCommand(m)
	}
	return nil
}

func (s *session) media(m message) error {
	if s.stream == nil {
		return nil
	}
	var err error
	s.units, err = s.reader.read(s.units, m, s.wall)
	if err != nil && s.complaint == nil {
		s.complaint = err
	}
	return nil
}

// aggregate takes the messages out of an aggregate message; their times follow from its own.
func (s *session) aggregate(m message) error {
	const head, tail = 11, 4
	b := m.body
	var first uint32
	for n := 0; len(b) >= head; n++ {
		size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
		ts := uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6]) | uint32(b[7])<<24
		if n == 0 {
			first = ts
		}
		if size > len(b)-head {
			return nil
		}
		inner := message{typ: b[0], streamID: m.streamID, time: m.time + ts - first, body: b[head : head+size : head+size]}
		if inner.typ != msgAggregate {
			if err := s.handle(inner); err != nil {
				return err
			}
		}
		b = b[min(len(b), head+size+tail):]
	}
	return nil
}

// data reads what onMetaData promises.
func (s *session) data(body []byte) {
	values, _ := readAMF(body) // what could be read counts
	if len(values) > 0 && values[0] == "@setDataFrame" {
		values = values[1:]
	}
	if len(values) < 2 || values[0] != "onMetaData" || s.stream == nil {
		return
	}
	meta, ok := values[1].(object)
	if !ok {
		return
	}
	s.stream.Expect(stream.Expected{Known: true, Video: promised(meta, "video"), Audio: promised(meta, "audio")})
}

func promised(meta object, kind string) bool {
	switch id := meta[kind+"codecid"].(type) {
	case float64:
		return id != 0 || kind == "audio"
	case string:
		return id != ""
	}
	return false
}

func (s *session) onCommand(m message) error {
	values, err := readAMF(m.body)
	if errors.Is(err, errAMFSize) {
		return fmt.Errorf("read a command: %w", err)
	}
	if len(values) == 0 {
		return nil
	}
	name, _ := values[0].(string)
	var tx float64
	if len(values) > 1 {
		tx, _ = values[1].(float64)
	}
	switch name {
	case "connect":
		return s.connect(tx, values)
	case "createStream":
		s.command(0, "_result", tx, nil, float64(publishID))
	case "publish":
		return s.publish(text(values, 3))
	case "play", "play2":
		s.status("error", "NetStream.Play.Failed", "this server does not play over RTMP yet; play the recording over HTTP")
	case "deleteStream", "closeStream", "FCUnpublish":
		return s.unpublish(name)
	case "releaseStream", "FCPublish", "_checkbw", "getStreamLength":
		s.command(0, "_result", tx, nil, nil)
	}
	return nil
}

// text returns a command's argument as text, whatever its type.
func text(values []any, i int) string {
	if i >= len(values) {
		return ""
	}
	return plain(values[i])
}

func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return fmt.Sprint(v)
	}
	return ""
}

func (s *session) connect(tx float64, values []any) error {
	if len(values) < 3 || s.connected {
		return nil
	}
	args, _ := values[2].(object)
	s.app, s.tcURL, s.connected = plain(args["app"]), plain(args["tcUrl"]), true
	s.control(msgWindowAck, ownWindow)
	s.control(msgPeerBandwidth, ownWindow, 2)
	s.control(msgSetChunkSize, ownChunkSize)
	reply := []property{
		{"fmsVer", "FMS/3,5,7,7009"},
		{"capabilities", 31.0},
	}
	info := []property{
		{"level", "status"},
		{"code", "NetConnection.Connect.Success"},
		{"description", "Connection succeeded."},
		{"objectEncoding", 0.0},
	}
	if list, ok := args["fourCcList"].([]any); ok && len(list) > 0 {
		info = append(info, property{"fourCcList", []any{"*"}}, property{"capsEx", 6.0})
	}
	s.command(0, "_result", tx, reply, info)
	return nil
}

func (s *session) publish(name string) error {
	if s.stream != nil {
		s.status("error", "NetStream.Publish.BadConnection", "this connection is publishing already")
		return nil
	}
	st, err := s.server.admit(s, parseAddress(s.tcURL, s.app, name))
	if err != nil {
		code := "NetStream.Publish.Denied"
		if errors.Is(err, media.ErrBadPath) || errors.Is(err, stream.ErrBusy) {
			code = "NetStream.Publish.BadName"
		}
		s.status("error", code, err.Error())
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	s.stream = st
	s.reader = unitReader{}
	s.send(csControl, msgUserControl, 0, []byte{0, eventStreamBegin, 0, 0, 0, publishID})
	s.status("status", "NetStream.Publish.Start", "publishing "+st.Key().String())
	return nil
}

// unpublish ends the stream; the connection may publish again.
func (s *session) unpublish(command string) error {
	if s.stream == nil {
		return nil
	}
	if len(s.units) > 0 {
		_ = s.stream.Write(s.units) // an ended stream has no use for them
		clear(s.units)
		s.units = s.units[:0]
	}
	s.stream.End(stream.EndClient, "the publisher sent "+command)
	s.conn.logEnd(s.stream, stream.EndClient, command)
	s.stream = nil
	s.status("status", "NetStream.Unpublish.Success", "stopped")
	return nil
}
