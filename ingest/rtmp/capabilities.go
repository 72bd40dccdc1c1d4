package rtmp

// videoCodes and audioCodes are what is taken under a fourCC and recorded. Other codes are taken as well and offered to the
// recordings, of which FLV carries some; none of that is promised.
var (
	videoCodes = [...]string{"av01", "vp09", "vp08", "hvc1", "avc1"}
	audioCodes = [...]string{"Opus", "ac-3", ".mp3", "mp4a"}
)

// capabilities answers an encoder that speaks enhanced RTMP (version 2, "NetConnection connect command"): which codecs are taken,
// several tracks, and extensions, which are passed over. A timestamp's nanoseconds are not used, so they are not promised.
func capabilities(args object) (out []property) {
	const (
		canForward = 4.0
		multitrack = 2
		modEx      = 4
	)
	asked := false
	for _, name := range []string{"fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap", "capsEx"} {
		_, ok := args[name]
		asked = asked || ok
	}
	if !asked {
		return nil
	}
	var codes []any
	video, audio := []property{}, []property{}
	for _, c := range videoCodes {
		codes, video = append(codes, c), append(video, property{c, canForward})
	}
	for _, c := range audioCodes {
		codes, audio = append(codes, c), append(audio, property{c, canForward})
	}
	return []property{
		{"fourCcList", codes},
		{"videoFourCcInfoMap", video},
		{"audioFourCcInfoMap", audio},
		{"capsEx", float64(multitrack | modEx)},
	}
}
