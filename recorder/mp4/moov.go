package mp4

import (
	"fmt"
	"math"

	"aircheck/ingest/media"

	"github.com/Eyevinn/mp4ff/bits"
	"github.com/Eyevinn/mp4ff/mp4"
)

// brands says which specifications the file follows: fragments with their own decode times need iso6.
var brands = []string{"isom", "iso6", "iso2", "avc1", "mp41"}

// freeSize is the size of the box that becomes the header of the mdat.
const freeSize = 16

func newFtyp() *mp4.FtypBox { return mp4.NewFtyp("isom", 0x200, brands) }

// encode returns the bytes of a box.
func encode(b mp4.Box) ([]byte, error) {
	w := bits.NewFixedSliceWriter(int(b.Size()))
	if err := b.EncodeSW(w); err != nil {
		return nil, fmt.Errorf("encode %s: %w", b.Type(), err)
	}
	return w.Bytes(), nil
}

// opening returns everything in front of the first fragment.
func opening(tracks []*media.Track) ([]byte, error) {
	ftyp, err := encode(newFtyp())
	if err != nil {
		return nil, err
	}
	moov, err := encode(fragmented(tracks))
	if err != nil {
		return nil, err
	}
	dst := be.AppendUint32(ftyp, freeSize)
	dst = append(append(dst, "free"...), make([]byte, freeSize-boxHead)...)
	return append(dst, moov...), nil
}

// newMoov returns a moov without samples.
func newMoov(tracks []*media.Track) *mp4.MoovBox {
	moov := mp4.NewMoovBox()
	mvhd := mp4.CreateMvhd()
	mvhd.Timescale = movieScale(tracks)
	moov.AddChild(mvhd)
	for _, t := range tracks {
		moov.AddChild(newTrak(t))
		mvhd.NextTrackID = max(mvhd.NextTrackID, uint32(t.ID)+1)
	}
	alternate(moov, tracks)
	return moov
}

// fragmented returns the moov in front of fragments.
func fragmented(tracks []*media.Track) *mp4.MoovBox {
	moov := newMoov(tracks)
	mvex := mp4.NewMvexBox()
	for _, t := range tracks {
		trex := mp4.CreateTrex(uint32(t.ID))
		trex.DefaultSampleFlags = flagsSync
		mvex.AddChild(trex)
	}
	moov.AddChild(mvex)
	return moov
}

func newTrak(t *media.Track) *mp4.TrakBox {
	kind, handler := "video", "VideoHandler"
	if t.Codec.Kind() == media.Audio {
		kind, handler = "audio", "SoundHandler"
	}
	trak := mp4.CreateEmptyTrak(uint32(t.ID), t.Timescale, kind, "und")
	trak.Mdia.Hdlr.Name = handler
	stsd := trak.Mdia.Minf.Stbl.Stsd
	if kind == "audio" {
		stsd.AddChild(audioEntry(t.Codec))
		return trak
	}
	w, h := size(t.Codec)
	trak.Tkhd.Width, trak.Tkhd.Height = mp4.Fixed32(uint32(w)<<16), mp4.Fixed32(uint32(h)<<16)
	stsd.AddChild(videoEntry(t.Codec, w, h))
	return trak
}

// notEnabled are the flags of a track that is played on request only (ISO 14496-12, 8.3.2): in the movie and its preview.
const notEnabled = 0x6

// alternate tells players that of several tracks of a kind one is to be played, and the first unless they are told otherwise.
func alternate(moov *mp4.MoovBox, tracks []*media.Track) {
	count := map[media.Kind]int{}
	for _, t := range tracks {
		count[t.Codec.Kind()]++
	}
	seen := map[media.Kind]bool{}
	for i, t := range tracks {
		kind := t.Codec.Kind()
		if count[kind] < 2 {
			continue
		}
		moov.Traks[i].Tkhd.AlternateGroup = int16(kind)
		if seen[kind] {
			moov.Traks[i].Tkhd.Flags = notEnabled
		}
		seen[kind] = true
	}
}

// size returns the size of the picture, 0 where it is unknown or too large for the format.
func size(c media.Codec) (width, height uint16) {
	v, ok := c.(media.VideoCodec)
	if !ok {
		return 0, 0
	}
	w, h := v.Size()
	return fit16(w), fit16(h)
}

func fit16(n int) uint16 {
	if n < 0 || n > math.MaxUint16 {
		return 0
	}
	return uint16(n)
}

// videoEntry returns the sample entry of pictures.
func videoEntry(c media.Codec, w, h uint16) mp4.Box {
	kind, config, _ := entryOf(c)
	entry := mp4.CreateVisualSampleEntryBox(kind, w, h, config)
	entry.CompressorName = ""
	return entry
}

// audioEntry returns the sample entry of sound.
func audioEntry(c media.Codec) mp4.Box {
	kind, config, _ := entryOf(c)
	var rate, channels uint16 = 0, 2
	if a, ok := c.(media.AudioCodec); ok {
		rate = fit16(a.SampleRate())
		channels = max(fit16(a.Channels()), 1)
	}
	entry := mp4.CreateAudioSampleEntryBox(kind, channels, 16, rate, nil)
	if config != nil {
		entry.Children = append(entry.Children, config) // AddChild wants boxes of its own types
	}
	return entry
}
