package flv

import (
	"strconv"

	"aircheck/ingest/media"
)

// appendTrack appends what onMetaData says of the first track of a kind, and counts its properties.
func (m metadata) appendTrack(dst []byte, i int, n uint32) ([]byte, uint32) {
	number := func(key string, v float64) {
		dst = appendNumber(appendText(dst, key), v)
		n++
	}
	switch c := m.layout.tracks[i].Codec.(type) {
	case media.VideoCodec:
		if w, h := c.Size(); w > 0 && h > 0 {
			number("width", float64(w))
			number("height", float64(h))
		}
	case media.AudioCodec:
		if c.SampleRate() > 0 {
			number("audiosamplerate", float64(c.SampleRate()))
		}
		number("audiosamplesize", 16)
		dst = append(appendText(dst, "stereo"), amfBoolean, boolByte(c.Channels() == 2))
		n++
	}
	number(codecKey(m.layout.tracks[i].Codec.Kind()), m.layout.codings[i].metadataID())
	return dst, n
}

// codecKey is the property that tells the codec of a track.
func codecKey(k media.Kind) string {
	if k == media.Audio {
		return "audiocodecid"
	}
	return "videocodecid"
}

// appendMore appends what onMetaData says of the tracks of a kind beyond the first: an object by number (Enhanced RTMP version 2,
// "Enhancing onMetaData").
func (m metadata) appendMore(dst []byte, kind media.Kind, n uint32) ([]byte, uint32) {
	begun := false
	for i, t := range m.layout.tracks {
		c := m.layout.codings[i]
		if c.id == 0 || t.Codec.Kind() != kind {
			continue
		}
		if !begun {
			begun = true
			dst = append(appendText(dst, kind.String()+"TrackIdInfoMap"), amfObject)
			n++
		}
		dst = append(appendText(dst, strconv.Itoa(int(c.id))), amfObject)
		switch c := t.Codec.(type) {
		case media.VideoCodec:
			if w, h := c.Size(); w > 0 && h > 0 {
				dst = appendNumber(appendText(dst, "width"), float64(w))
				dst = appendNumber(appendText(dst, "height"), float64(h))
			}
		case media.AudioCodec:
			dst = appendNumber(appendText(dst, "channels"), float64(c.Channels()))
			dst = appendNumber(appendText(dst, "samplerate"), float64(c.SampleRate()))
		}
		dst = appendNumber(appendText(dst, codecKey(kind)), c.metadataID())
		dst = append(dst, 0, 0, amfEnd)
	}
	if begun {
		dst = append(dst, 0, 0, amfEnd)
	}
	return dst, n
}

// appendList appends the list of tracks: see trackList.
func (l layout) appendList(dst []byte) []byte {
	dst = appendArrayHead(appendText(dst, trackList), len(l.tracks))
	for i := range l.tracks {
		dst = appendText(append(dst, amfString), l.line(i))
	}
	return dst
}
