package desk

// Routes are the addresses of the desk's own pages, each with its methods and the
// roles that may, as the program has them.
func Routes() (out []string) {
	for _, p := range (&Desk{}).pages() {
		if p.Show != nil || p.Download != nil {
			out = append(out, "GET "+p.Path)
		}
		if p.Save != nil {
			out = append(out, "POST "+p.Path)
		}
	}
	return out
}
