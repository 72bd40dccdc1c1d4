package hls

// period33 is when the clock of a transport stream begins again (ISO 13818-1, 2.4.3.7): 26.5 hours.
const period33 = 1 << 33

// nearest returns the number that is equal to t modulo 2^33 and nearest to to.
func nearest(t, to int64) int64 {
	d := (t - to) & (period33 - 1)
	if d >= period33/2 {
		d -= period33
	}
	return to + d
}
