package play

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"aircheck/ingest/media"
	"aircheck/ingest/stream"
)

// Status is what the page is told about a stream.
type Status struct {
	// State is "live", "waiting" (nobody publishes it), "choose" or "refused".
	State string
	// Reason says why it is not live.
	Reason string `json:",omitempty"`
	// FLV and HLS tell which faces can play all of it.
	FLV, HLS bool
	// RTMP is the port of RTMP, if it is not the usual one.
	RTMP string `json:",omitempty"`
	// Tracks are those that were announced so far.
	Tracks []TrackStatus
}

// TrackStatus describes a track.
type TrackStatus struct {
	Kind, Codec   string
	Width, Height int `json:",omitempty"`
	Rate          int `json:",omitempty"`
	Channels      int `json:",omitempty"`
}

// ServeStatus answers GET /play/status?stream=APP/STREAM. The rest of the query is that of the address to play.
func (s *Server) ServeStatus(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	_ = json.NewEncoder(w).Encode(s.status(r))
}

func (s *Server) status(r *http.Request) Status {
	st, err := s.find(r, ProtocolFLV, r.URL.Query().Get("stream"), 0)
	out := Status{RTMP: s.RTMPPort, Tracks: []TrackStatus{}}
	if err != nil {
		out.State, out.Reason = "refused", err.Error()
		if errors.Is(err, stream.ErrNotLive) {
			out.State = "waiting"
		}
		return out
	}
	out.State, out.FLV, out.HLS = "live", true, true
	tracks := st.Tracks()
	slices.SortStableFunc(tracks, func(a, b *media.Track) int { return int(a.Codec.Kind()) - int(b.Codec.Kind()) })
	for _, t := range tracks {
		d := TrackStatus{Kind: t.Codec.Kind().String(), Codec: t.Codec.Name()}
		if c, ok := t.Codec.(media.VideoCodec); ok {
			d.Width, d.Height = c.Size()
		}
		if c, ok := t.Codec.(media.AudioCodec); ok {
			d.Rate, d.Channels = c.SampleRate(), c.Channels()
		}
		out.FLV = out.FLV && s.flv.Encoding.Carries(t.Codec)
		_, err := hlsCodec(t.Codec)
		out.HLS = out.HLS && err == nil
		out.Tracks = append(out.Tracks, d)
	}
	return out
}
