package recorder

import "aircheck/ingest/media"

// journaledCodec builds the codec of a journaled track. Versions that did not understand a codec called it by its fourCC in lower case, and
// noted of its configuration what the publisher had sent, which may be nothing. Where that does not make the codec it stays opaque, which
// suffices for what they recorded it in: FLV.
func journaledCodec(t journalTrack) (media.Codec, error) {
	name := t.Codec
	switch name {
	case "av01":
		name = "av1"
	case "vp08":
		name = "vp8"
	case "vp09":
		name = "vp9"
	case "ac-3":
		name = "ac3"
	case ".mp3":
		name = "mp3"
	}
	c, err := media.New(name, t.Kind, t.Config)
	if err != nil && (name != t.Codec || name == "opus") {
		return media.Opaque{FourCC: name, Of: t.Kind, Extra: t.Config}, nil
	}
	return c, err
}
