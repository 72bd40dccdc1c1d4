// Package hls writes, finishes, repairs and reads HLS recordings (RFC 8216): one file that grows, and a playlist whose segments are byte
// ranges of it.
//
//	media.ts   (PAT PMT units ...)*                     H.264, AAC that ADTS can express, MP3, AC-3: what players take as a transport stream
//	media.mp4  (ftyp free moov (styp (moof mdat)*)*)*   H.265, AV1, VP9, Opus, other AAC, H.264 of several sequence parameter sets, and what is
//	                                                    beside them
//
// Nothing is ever rewritten: while it is recorded, the playlist is an EVENT playlist to which each segment adds a few lines, whatever its
// length; finished, it is a VOD playlist with the same segments. TARGETDURATION is fixed from the start.
//
// When tracks or their parameters change, or the time line jumps, the file goes on with a new period: DISCONTINUITY in the playlist, and
// for fMP4 another EXT-X-MAP. Within a period times are the publisher's own, rounded to 1/90000 s in a transport stream and exact in fMP4.
// A jump of the time line is taken out: a period that follows one begins where the last ended. A file does not go on where sound or
// pictures are added, or tracks that need the other kind of file: players would stop there.
//
// Of fragmented MP4 with several tracks of a kind a media source takes one at a time. On disk they are together all the same; Renditions makes the
// playlists of each, and Part their segments, of what is stored.
package hls

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"aircheck/ingest/media"
	"aircheck/recorder/container"
	"aircheck/recorder/mpegts"
)

// Format is HLS. It implements container.Playlisted.
type Format struct{}

var (
	_ container.Playlisted = Format{}
	_ container.Lister     = (*writer)(nil)
	_ container.Continuer  = (*writer)(nil)
	_ container.Splicer    = (*writer)(nil)
	_ container.Resumer    = Format{}
)

// Expects reports true for a transport stream. Of fragmented MP4 a browser shows nothing before all its tracks have delivered.
func (Format) Expects(tracks []*media.Track) bool { return kindOf(tracks) == transport }

// Name returns "hls".
func (Format) Name() string { return "hls" }

// ContentType returns the media type of the playlist (RFC 8216, 4).
func (Format) ContentType() string { return "application/vnd.apple.mpegurl" }

// Supports reports whether the codec fits into one of the two kinds of file.
func (Format) Supports(c media.Codec) bool { return mpegts.Supports(c) || inFragments(c) }

// MediaName returns "media.ts" or "media.mp4".
func (Format) MediaName(tracks []*media.Track) string { return kindOf(tracks).name() }

// kind is the kind of file.
type kind byte

const (
	transport  kind = iota + 1 // MPEG-2 transport stream
	fragmented                 // fragmented MP4
)

func (k kind) name() string {
	if k == fragmented {
		return "media.mp4"
	}
	return "media.ts"
}

// kindOf returns the kind of file that carries all tracks in a form that players take.
func kindOf(tracks []*media.Track) kind {
	if len(tracks) > mpegts.MaxTracks {
		return fragmented
	}
	for _, t := range tracks {
		if !mpegts.Supports(t.Codec) || mixed(t.Codec) {
			return fragmented
		}
	}
	return transport
}

// mixed reports whether pictures have several sequence parameter sets to refer to, as those of a cut with encoded edges do. A transport stream
// repeats all sets at each random access point, of which hls.js makes a configuration of the first sequence and the last picture parameter set:
// where one does not belong to the other nothing is decoded. Fragmented MP4 has the configuration as it is.
func mixed(c media.Codec) bool {
	h, ok := c.(*media.H264)
	if !ok {
		return false
	}
	sps, _ := h.ParameterSets()
	return slices.ContainsFunc(sps, func(s []byte) bool { return !bytes.Equal(s, sps[0]) })
}

// inFragments reports whether players take the codec as segments of fragmented MP4, or MP3 as what can be made of them: see Renditions. MP4
// itself carries more: VP8 and G.711 have sample entries that no player's media source knows, and a player that meets one stops.
func inFragments(c media.Codec) bool {
	switch c.(type) {
	case *media.H264, *media.H265, *media.AV1, *media.VP9, *media.AAC, *media.Opus, *media.AC3, *media.MP3:
		return true
	}
	return false
}

// checkFragments reports the first track that cannot be in segments of fragmented MP4.
func checkFragments(tracks []*media.Track) error {
	for _, t := range tracks {
		if !inFragments(t.Codec) {
			return fmt.Errorf("%w: HLS cannot carry %s in fragmented MP4 (track %d)", container.ErrUnsupported, t.Codec.Name(), t.ID)
		}
	}
	return nil
}

// clock is the unit of all times in this package: that of a transport stream (ISO 13818-1, 2.4.3.7).
const clock = 90000

// NewWriter starts a recording. All tracks together decide on the kind of file.
func (Format) NewWriter(tracks []*media.Track) (container.Writer, error) {
	w := &writer{kind: kindOf(tracks), first: tracks}
	var err error
	if w.carrier, err = newCarrier(w.kind, tracks); err != nil {
		return nil, err
	}
	w.index.begin(tracks)
	w.list = newList(tracks)
	return w, nil
}

// Why a file cannot go on with other tracks.
var (
	errOtherKind = errors.New("they need another kind of file")
	errNewKind   = errors.New("players cannot add sound or pictures to what they have begun to play without")
	errSeparate  = errors.New("players take them one by one, which they have to know from the beginning")
)

func unsupported(err error) error { return fmt.Errorf("%w: %w", container.ErrUnsupported, err) }
