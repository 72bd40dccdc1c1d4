package rtmp

import (
	"bytes"
	"encoding/binary"

	"github.com/yutopp/go-rtmp/message"
)

const (
	ownChunkSize = 65536
	ownWindow    = 5_000_000

	controlChunks, commandChunks = 2, 3 // chunk streams
)

// chunkWriter collects what a peer is told, in chunks.
type chunkWriter struct {
	out  []byte
	size int
}

// message appends a message.
func (w *chunkWriter) message(chunkStream byte, kind message.TypeID, streamID uint32, body []byte) {
	n := len(body)
	w.out = append(w.out, chunkStream, 0, 0, 0, byte(n>>16), byte(n>>8), byte(n), byte(kind))
	w.out = binary.LittleEndian.AppendUint32(w.out, streamID)
	for len(body) > w.size {
		w.out = append(append(w.out, body[:w.size]...), 0xc0|chunkStream)
		body = body[w.size:]
	}
	w.out = append(w.out, body...)
}

// control appends a protocol control message or user control message.
func (w *chunkWriter) control(m message.Message) {
	var body bytes.Buffer
	_ = message.NewEncoder(&body).Encode(m) // fails for other messages, and when a write fails
	w.message(controlChunks, m.TypeID(), 0, body.Bytes())
	if m, ok := m.(*message.SetChunkSize); ok {
		w.size = int(m.ChunkSize)
	}
}

// command appends a command.
func (w *chunkWriter) command(streamID uint32, values ...any) {
	w.message(commandChunks, message.TypeIDCommandMessageAMF0, streamID, appendAMF(nil, values...))
}

// status appends an onStatus command.
func (w *chunkWriter) status(streamID uint32, level message.NetStreamOnStatusLevel, code message.NetStreamOnStatusCode, description string) {
	w.command(streamID, "onStatus", 0.0, nil, []property{
		{"level", string(level)}, {"code", string(code)}, {"description", description},
	})
}
