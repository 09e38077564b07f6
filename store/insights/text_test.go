package insights

import "testing"

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		unit string
		n    int64
		want string
	}{
		{"us", 0, "0 µs"}, {"us", 999, "999 µs"}, {"us", 4_210_000, "4.2 s"}, {"us", 340_000, "340 ms"}, {"By", 16 << 30, "16 GiB"},
		{"s", 90, "1.5 min"}, {"%", 95, "95 %"}, {"{use}", 7, "7"}, {"", 12, "12"},
	} {
		if got := Number(tt.unit, tt.n); got != tt.want {
			t.Errorf("%d %s is %q, want %q", tt.n, tt.unit, got, tt.want)
		}
	}
	for want, r := range map[string]Range{"10 ms to 50 ms": {10_000, 50_000}, "below 1 s": {0, 1_000_000}, "at least 1 min": {60_000_000, 0}} {
		unit := "us"
		if want == "at least 1 min" {
			unit, r.Low = "s", 60
		}
		if got := r.Text(unit); got != want {
			t.Errorf("%+v is %q, want %q", r, got, want)
		}
	}
}
