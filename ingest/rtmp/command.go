package rtmp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Status codes that go-rtmp has no names for. librtmp, and with it OBS, gives up on Denied and BadName and shows
// the description; on anything else it connects again for ever.
const (
	codeDenied      message.NetStreamOnStatusCode = "NetStream.Publish.Denied"
	codeFailed      message.NetStreamOnStatusCode = "NetStream.Failed"
	codeAppShutdown message.NetStreamOnStatusCode = "NetConnection.Connect.AppShutdown"
)

// onCommand reads a command. What cannot be read beyond the first values is left out; unknown commands are passed over.
func (s *session) onCommand(streamID uint32, body []byte) error {
	values, err := readAMF(body)
	if errors.Is(err, errAMFLimit) {
		return fmt.Errorf("%w: %w", errCommand, err)
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
		args, _ := argument(values, 2).(object)
		s.connect(tx, args)
	case "createStream":
		s.command(0, "_result", tx, nil, float64(ownStream))
	case "publish":
		if on, ok := argument(values, 3).(bool); ok && !on { // how Flash stops
			return s.unpublish(name)
		}
		return s.publish(streamID, plain(argument(values, 3)))
	case "play", "play2":
		return s.play(streamID, plain(argument(values, 3)))
	case "pause", "FCSubscribe":
		return s.playCommand(name, values)
	case "closeStream":
		if s.viewed != nil {
			return s.playCommand(name, values)
		}
		return s.unpublish(name)
	case "FCUnpublish", "unpublish":
		if path := pathOf(plain(argument(values, 3))); path != "" && path != pathOf(s.name) {
			return nil // of a stream that was refused
		}
		return s.unpublish(name)
	case "deleteStream":
		if s.viewed != nil {
			return s.playCommand(name, values)
		}
		// GStreamer gives the stream's name in place of its number.
		if id, ok := argument(values, 3).(float64); ok && id != float64(s.streamID) && id != ownStream {
			return nil
		}
		return s.unpublish(name)
	case "releaseStream", "FCPublish", "_checkbw", "getStreamLength":
		s.command(0, "_result", tx, nil, nil)
	}
	return nil
}

// pathOf returns a stream's name as it was sent, without query.
func pathOf(name string) string {
	path, _, _ := strings.Cut(name, "?")
	return strings.Trim(path, "/")
}

func argument(values []any, i int) any {
	if i < len(values) {
		return values[i]
	}
	return nil
}

func (s *session) connect(tx float64, args object) {
	if s.stream != nil || s.viewed != nil {
		return
	}
	s.app, s.tcURL, s.connected = plain(args["app"]), plain(args["tcUrl"]), true
	s.control(&message.WinAckSize{Size: ownWindow})
	s.control(&message.SetPeerBandwidth{Size: ownWindow, Limit: message.LimitTypeDynamic})
	s.control(&message.SetChunkSize{ChunkSize: ownChunkSize})
	enhanced := capabilities(args)
	s.command(0, "_result", tx,
		append([]property{{"fmsVer", "FMS/3,5,7,7009"}, {"capabilities", 31.0}}, enhanced...),
		append([]property{
			{"level", string(message.NetStreamOnStatusLevelStatus)},
			{"code", string(message.NetConnectionConnectCodeSuccess)},
			{"description", "connected"},
			{"objectEncoding", float64(message.EncodingTypeAMF0)},
		}, enhanced...))
}

func (s *session) publish(streamID uint32, name string) error {
	if !s.connected {
		return fmt.Errorf("%w: publish before connect", errCommand)
	}
	if s.stream != nil || s.viewed != nil {
		s.status(streamID, message.NetStreamOnStatusLevelError, message.NetStreamOnStatusCodePublishBadName,
			"this connection is publishing already; open another one")
		return nil
	}
	a, err := parseAddress(s.tcURL, s.app, name)
	if err == nil {
		s.stream, err = s.admit(a)
	}
	if err != nil {
		s.status(streamID, message.NetStreamOnStatusLevelError, refusal(err), err.Error())
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	s.streamID, s.name, s.stopped = streamID, name, ""
	s.reader = unitReader{announce: s.stream.Announce, promise: s.promise}
	s.chunks.charge(s.publishing)
	s.control(&message.UserCtrl{Event: &message.UserCtrlEventStreamBegin{StreamID: streamID}})
	s.status(streamID, message.NetStreamOnStatusLevelStatus, message.NetStreamOnStatusCodePublishStart,
		"publishing "+s.stream.Key().String())
	return errPublished
}

func refusal(err error) message.NetStreamOnStatusCode {
	switch {
	case errors.Is(err, media.ErrBadPath), errors.Is(err, stream.ErrBusy):
		return message.NetStreamOnStatusCodePublishBadName
	case errors.Is(err, stream.ErrClosed):
		return codeAppShutdown
	}
	return codeDenied
}

// unpublish stops publishing. The connection may publish again.
func (s *session) unpublish(command string) error {
	if s.stream == nil {
		return nil
	}
	s.stopped = command
	s.status(s.streamID, message.NetStreamOnStatusLevelStatus, message.NetStreamOnStatusCodeUnpublishSuccess, "stopped")
	return errUnpublished
}

// close forgets the stream; its end is the caller's to tell.
func (s *session) close() {
	s.stream = nil
	s.units, s.slabs = nil, nil
	s.reader, s.pacing, s.chunks.slab, s.chunks.memory = unitReader{}, stream.Pacing{}, nil, nil
	s.chunks.charge(s.waiting)
}
