package rtmp

import (
	"encoding/binary"

	"github.com/yutopp/go-rtmp/message"

	"aircheck/ingest/media"
	"aircheck/ingest/relay"
)

// Chunk streams on which players get media.
const (
	soundChunks, dataChunks, pictureChunks = 4, 5, 6
)

// maxMessage is the most that a message header can tell the size of.
const maxMessage = 1<<24 - 1

// chunkEncoding is how players get a stream: messages with full headers and absolute times, in chunks of ownChunkSize, so that the bytes are
// the same for all of them. Codecs without an FLV number go as enhanced RTMP; a player that knows nothing of that leaves them aside.
type chunkEncoding struct{}

var _ relay.Encoding = chunkEncoding{}

// Carries is relay.Encoding's.
func (chunkEncoding) Carries(c media.Codec) bool {
	_, ok := relay.TagOf(c)
	return ok
}

// Begin appends nothing: what the player was told before is the session's.
func (chunkEncoding) Begin(dst []byte, _ []*media.Track) []byte { return dst }

// Config appends onMetaData and the configurations.
func (chunkEncoding) Config(dst []byte, tracks []*media.Track, ms uint32) []byte {
	dst = appendChunks(dst, dataChunks, message.TypeIDDataMessageAMF0, ms, relay.AppendMetadata(nil, tracks), nil)
	for _, t := range tracks {
		tag, _ := relay.TagOf(t.Codec)
		if config := tag.Config(t.Codec); len(config) > 0 {
			dst = appendChunks(dst, chunkStreamOf(tag), message.TypeID(tag.Kind), ms, tag.AppendConfig(nil), config)
		}
	}
	return dst
}

// Unit appends a message. What is too large for one is left out.
func (chunkEncoding) Unit(dst []byte, u *media.Unit, ms uint32, cts int32) []byte {
	tag, _ := relay.TagOf(u.Track.Codec)
	var room [8]byte
	head := tag.AppendUnit(room[:0], u.RandomAccess, cts)
	return appendChunks(dst, chunkStreamOf(tag), message.TypeID(tag.Kind), ms, head, u.Payload)
}

func chunkStreamOf(t relay.Tag) byte {
	if message.TypeID(t.Kind) == message.TypeIDAudioMessage {
		return soundChunks
	}
	return pictureChunks
}

// appendChunks appends a message whose body is head and payload (RTMP 1.0, 5.3.1). Type 3 headers repeat an extended timestamp.
func appendChunks(dst []byte, chunkStream byte, kind message.TypeID, ms uint32, head, payload []byte) []byte {
	n := len(head) + len(payload)
	if n > maxMessage {
		return dst
	}
	t := min(ms, extendedTime)
	dst = append(dst, chunkStream, byte(t>>16), byte(t>>8), byte(t), byte(n>>16), byte(n>>8), byte(n), byte(kind))
	dst = binary.LittleEndian.AppendUint32(dst, ownStream)
	if t == extendedTime {
		dst = binary.BigEndian.AppendUint32(dst, ms)
	}
	first := min(len(payload), ownChunkSize-min(len(head), ownChunkSize))
	dst = append(append(dst, head...), payload[:first]...)
	for payload = payload[first:]; len(payload) > 0; {
		dst = append(dst, 0xc0|chunkStream)
		if t == extendedTime {
			dst = binary.BigEndian.AppendUint32(dst, ms)
		}
		k := min(len(payload), ownChunkSize)
		dst = append(dst, payload[:k]...)
		payload = payload[k:]
	}
	return dst
}
