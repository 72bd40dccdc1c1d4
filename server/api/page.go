package api

// page is a part of a list: number counts from 1.
type page struct{ number, size int }

// pageOf reads PageNum and PageSize with their defaults, 1 and 10.
func pageOf(number, size *uint64) (page, error) {
	p := page{number: 1, size: 10}
	if number != nil {
		if *number < 1 || *number > 100000 {
			return p, failf(codeInvalidValue, "PageNum: %d is not between 1 and 100000", *number)
		}
		p.number = int(*number)
	}
	if size != nil {
		if *size < 1 || *size > 100 {
			return p, failf(codeInvalidValue, "PageSize: %d is not between 1 and 100", *size)
		}
		p.size = int(*size)
	}
	return p, nil
}

// cut returns the elements of a page, never nil.
func cut[T any](all []T, p page) []T {
	from := min((p.number-1)*p.size, len(all))
	out := make([]T, 0, p.size)
	return append(out, all[from:min(from+p.size, len(all))]...)
}

// pages counts the pages of a list with that many elements.
func (p page) pages(total int) int { return (total + p.size - 1) / p.size }
