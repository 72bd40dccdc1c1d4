package store

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"gorm.io/gorm"

	"aircheck/vod"
)

var (
	catalogueFiles = flag.Int("catalogue.files", 20_000, "how many files BenchmarkCatalogue has")
	catalogueDB    = flag.String("catalogue.db", "", "a database for BenchmarkCatalogue that is filled if it is not there, and kept")
)

// show is the file n of a library as a station might have: a thousand streams that are recorded by the hour, some with titles and descriptions
// in several languages.
func show(n int) vod.Asset {
	c := chance{rand.New(rand.NewPCG(uint64(n), 1))}
	a := asset(int64(n + 1))
	stream := c.IntN(1000)
	begin := at.Add(time.Duration(n) * 30 * time.Second)
	a.Stream, a.Start, a.End, a.CreateTime = fmt.Sprintf("stream%03d", stream), begin, begin.Add(time.Hour), begin.Add(time.Hour+time.Duration(c.IntN(60))*time.Second)
	a.Domain, a.App = pick(c, "live.example.com", "push.example.com", "studio.example.org"), pick(c, "live", "live", "live", "test")
	a.Name = fmt.Sprintf("%s_%s", a.Stream, begin.Format("2006-01-02-15-04-05"))
	a.Description = ""
	if c.IntN(3) == 0 {
		a.Name = fmt.Sprintf("%s%s %s 第%d期", pick(c, "北京", "上海", "深圳", "成都"), pick(c, "新闻联播", "会议录像", "音乐现场", "足球比赛"), begin.Format("01月02日"), c.IntN(5000))
		a.Description = pick(c, "高清", "标清", "Wiederholung", "live from the studio", "Ночной эфир") + fmt.Sprintf(", %s %d", pick(c, "editor", "导播"), c.IntN(20_000))
	}
	a.ObjectKey, a.PlaylistKey = fmt.Sprintf("%s/%d.mp4", a.Stream, n), ""
	a.Container, a.StorageClass = pick(c, "mp4", "mp4", "flv", "hls"), pick(c, vod.StorageClassStandard, vod.StorageClassStandard, vod.StorageClassIA)
	a.ClassID, a.SourceType = int64(c.IntN(2000)), pick(c, vod.SourceRecord, vod.SourceRecord, vod.SourceRecord, vod.SourceUpload)
	a.ExpireTime = pick(c, time.Time{}, a.CreateTime.Add(7*24*time.Hour), a.CreateTime.Add(90*24*time.Hour))
	a.Tags = pick(c, nil, []string{"news"}, []string{"news", fmt.Sprintf("编号%d", c.IntN(10_000))}, []string{"sport", "live"})
	a.Forbidden = c.IntN(200) == 0
	if c.IntN(500) == 0 {
		a.Status = vod.StatusLost
	}
	return a
}

// fill makes the library, with 20 classes that have 10 below them with 10 each.
func fill(b *testing.B, s *Store, files int) {
	b.Helper()
	must(b, s.write(b.Context(), func(tx *gorm.DB) error {
		for id := 1; id <= 2000; id++ {
			parent := -1
			if id > 20 {
				parent = id % 200
				if id <= 200 || parent == 0 {
					parent = 1 + id%20
				}
			}
			if err := tx.Exec("INSERT INTO classes (id, sub_app_id, parent_id, name, create_time) VALUES (?, 0, ?, ?, 0)", id, parent, fmt.Sprint(id)).Error; err != nil {
				return err
			}
		}
		return nil
	}))
	const some = 2000
	for from := 0; from < files; from += some {
		must(b, s.write(b.Context(), func(tx *gorm.DB) error {
			for n := from; n < min(from+some, files); n++ {
				row, err := newAssetRow(show(n))
				if err != nil {
					return err
				}
				if err := tx.Create(&assetIDRow{ID: row.ID}).Error; err != nil {
					return err
				}
				if err := tx.Create(&row).Error; err != nil {
					return err
				}
			}
			return nil
		}))
		for n := 1; n > 0; {
			var err error
			n, err = s.IndexPending(b.Context(), some)
			must(b, err)
		}
	}
}

// catalogueKind is a kind of search: n is a different one each time.
type catalogueKind struct {
	name   string
	filter func(c chance) vod.Filter
}

func catalogueKinds() []catalogueKind {
	names := func(of func(c chance) string) func(chance) vod.Filter {
		return func(c chance) vod.Filter { return vod.Filter{Names: []string{of(c)}} }
	}
	any := func(of ...string) func(chance) string { return func(c chance) string { return pick(c, of...) } }
	day := func(c chance) time.Time { return at.Add(time.Duration(c.IntN(*catalogueFiles)) * 30 * time.Second) }
	return []catalogueKind{
		{"everything", func(chance) vod.Filter { return vod.Filter{} }},
		{"StreamIds", func(c chance) vod.Filter {
			return vod.Filter{Streams: []string{fmt.Sprintf("stream%03d", c.IntN(1000))}}
		}},
		{"StreamIds, ten", func(c chance) vod.Filter {
			f := vod.Filter{}
			for range 10 {
				f.Streams = append(f.Streams, fmt.Sprintf("stream%03d", c.IntN(1000)))
			}
			return f
		}},
		{"StreamDomains", func(c chance) vod.Filter {
			return vod.Filter{Domains: []string{pick(c, "live.example.com", "push.example.com")}}
		}},
		{"StreamPaths", func(c chance) vod.Filter { return vod.Filter{Apps: []string{pick(c, "live", "test")}} }},
		{"MediaTypes, two", func(c chance) vod.Filter { return vod.Filter{Containers: []string{"mp4", pick(c, "flv", "hls")}} }},
		{"SourceTypes", func(c chance) vod.Filter {
			return vod.Filter{SourceTypes: []string{pick(c, vod.SourceRecord, vod.SourceUpload)}}
		}},
		{"StorageClasses", func(c chance) vod.Filter {
			return vod.Filter{StorageClasses: []string{pick(c, vod.StorageClassStandard, vod.StorageClassIA)}}
		}},
		{"Status", func(c chance) vod.Filter {
			return vod.Filter{Statuses: []vod.Status{pick(c, vod.StatusForbidden, vod.StatusNormal, vod.StatusLost)}}
		}},
		{"Tags", func(c chance) vod.Filter {
			return vod.Filter{Tags: []string{pick(c, "news", "sport", fmt.Sprintf("编号%d", c.IntN(10_000)))}}
		}},
		{"ClassIds, with subclasses", func(c chance) vod.Filter { return vod.Filter{ClassIDs: []int64{int64(1 + c.IntN(20))}} }},
		{"ClassIds, one of 2000", func(c chance) vod.Filter { return vod.Filter{ClassIDs: []int64{int64(300 + c.IntN(1700))}} }},
		{"CreateTime", func(c chance) vod.Filter { return vod.Filter{Created: vod.TimeRange{From: day(c)}} }},
		{"ExpireTime.Before", func(c chance) vod.Filter { return vod.Filter{Expires: vod.TimeRange{To: day(c)}} }},
		{"ExpireTime.After", func(c chance) vod.Filter { return vod.Filter{Expires: vod.TimeRange{From: day(c)}} }},
		{"NamePrefixes, many match", func(c chance) vod.Filter {
			return vod.Filter{NamePrefixes: []string{pick(c, "s", "stream", "stream1", "北", "北京新闻", "深圳")}}
		}},
		{"NamePrefixes, few match", func(c chance) vod.Filter {
			return vod.Filter{NamePrefixes: []string{fmt.Sprintf("stream%03d_2026-%02d-%02d", c.IntN(1000), 3+c.IntN(9), 1+c.IntN(28))}}
		}},
		{"Names, one character", names(any("s", "0", "_", "京", "第", "足", "会"))},
		{"Names, two characters", names(any("00", "-2", "am", "会议", "北京", "现场", "期期"))},
		{"Names, three characters", names(any("stR", "026", "-11", "会议录", "第12", "7期x"))},
		{"Names, a word", names(any("Stream", "stream77", "2026-11-2", "会议录像 0", "足球比赛"))},
		{"Names, digits in the middle", names(func(c chance) string { return fmt.Sprintf("-%02d-%02d-%02d", c.IntN(28), c.IntN(24), c.IntN(60)) })},
		{"Names, a whole one", names(func(c chance) string { return show(c.IntN(*catalogueFiles)).Name })},
		{"Names, nothing", names(any("absent", "q", "会议会议", "streamx", "stream_2026"))},
		{"Descriptions", func(c chance) vod.Filter {
			return vod.Filter{Descriptions: []string{pick(c, "Studio", "эфир", "导播", "清", fmt.Sprint(c.IntN(20_000)))}}
		}},
		{"Text", func(c chance) vod.Filter {
			return vod.Filter{Text: pick(c, "live", "清", "新闻", "导播 77", "stream1", "ночной")}
		}},
		{"Names and StreamIds", func(c chance) vod.Filter {
			return vod.Filter{Names: []string{pick(c, "会议", "2026", "北")}, Streams: []string{fmt.Sprintf("stream%03d", c.IntN(1000))}}
		}},
		{"Tags, MediaTypes and CreateTime", func(c chance) vod.Filter {
			from := day(c)
			return vod.Filter{Tags: []string{"news"}, Containers: []string{"hls"}, Created: vod.TimeRange{From: from, To: from.Add(24 * time.Hour)}}
		}},
	}
}

// BenchmarkCatalogue searches a large catalogue in every way. It reports the median and the 99th percentile of different searches of each
// kind, in ms: the first page, and the last one within reach.
func BenchmarkCatalogue(b *testing.B) {
	path := *catalogueDB
	if path == "" {
		path = filepath.Join(b.TempDir(), "aircheck.db")
	}
	s := openAt(b, path)
	if last, err := s.LastFileID(b.Context()); err != nil || int(last) < *catalogueFiles {
		must(b, err)
		fill(b, s, *catalogueFiles)
	}
	for _, k := range catalogueKinds() {
		for _, offset := range []int{0, vod.MaxReach - vod.DefaultLimit} {
			b.Run(fmt.Sprintf("%s/%d", k.name, offset), func(b *testing.B) { searchOften(b, s, k, offset) })
		}
	}
	b.Run("AddFile", func(b *testing.B) {
		var times []float64
		for b.Loop() {
			last, err := s.LastFileID(b.Context())
			must(b, err)
			a := show(int(last))
			began := time.Now()
			must(b, s.AddFile(b.Context(), a, fileReady(a)))
			times = append(times, milliseconds(time.Since(began)))
		}
		report(b, times)
	})
	b.Run("index", func(b *testing.B) {
		var times []float64
		for b.Loop() {
			began := time.Now()
			_, err := s.IndexPending(b.Context(), 1)
			must(b, err)
			times = append(times, milliseconds(time.Since(began)))
		}
		report(b, times)
	})
}

func searchOften(b *testing.B, s *Store, k catalogueKind, offset int) {
	c := chance{rand.New(rand.NewPCG(1, 2))}
	var times []float64
	var pages int
	for b.Loop() {
		f := k.filter(c)
		f.Descending, f.Offset, f.Limit = true, offset, vod.DefaultLimit
		began := time.Now()
		page, err := s.SearchAssets(b.Context(), f)
		times = append(times, milliseconds(time.Since(began)))
		must(b, err)
		if len(page.Assets) > 0 {
			pages++
		}
	}
	report(b, times)
	b.ReportMetric(100*float64(pages)/float64(len(times)), "%found")
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

func report(b *testing.B, times []float64) {
	slices.Sort(times)
	b.ReportMetric(times[len(times)/2], "p50-ms")
	b.ReportMetric(times[len(times)*99/100], "p99-ms")
	b.ReportMetric(0, "ns/op")
}
