package rtmp

import "aircheck/ingest/stream"

// metadata reads what onMetaData promises. All other data messages are passed over.
func (s *session) metadata(body []byte) {
	values, _ := readAMF(body) // what could be read counts
	if len(values) > 0 && values[0] == "@setDataFrame" {
		values = values[1:]
	}
	if len(values) < 2 || values[0] != "onMetaData" {
		return
	}
	meta, _ := values[1].(object)
	e := stream.Expected{
		Video: promised(meta, "hasVideo", "videocodecid", "width", "videodatarate", "framerate"),
		Audio: promised(meta, "hasAudio", "audiocodecid", "audiosamplerate", "audiodatarate", "audiochannels"),
	}
	if e.Known = e.Video || e.Audio; e.Known {
		s.stream.Expect(e)
	}
}

// promised reads a flag, and where there is none the codec id: a number, a fourCC as text or, where there is none either, whether there is
// a size or rate.
func promised(meta object, flag, codec string, hints ...string) bool {
	if b, ok := meta[flag].(bool); ok {
		return b
	}
	switch id := meta[codec].(type) {
	case float64:
		return id > 0
	case string:
		return id != ""
	}
	for _, h := range hints {
		if n, ok := meta[h].(float64); ok && n > 0 {
			return true
		}
	}
	return false
}
