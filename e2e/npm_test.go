package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"afterimage/jsbridge"
)

// npmTarball packs the recorder once and returns the file that users install.
var npmTarball = sync.OnceValues(func() (string, error) {
	out := filepath.Join(binDir, "npm-build")
	cmd := exec.Command("go", "run", "./jsbridge/build", "-only", "npm")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "AFTERIMAGE_BUILD_DIR="+out)
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("pack the recorder: %w\n%s", err, text)
	}
	found, err := filepath.Glob(filepath.Join(out, "npm", "afterimage-*.tgz"))
	if err == nil && len(found) != 1 {
		err = fmt.Errorf("%s holds %d tarballs, want one", out, len(found))
	}
	if err != nil {
		return "", err
	}
	return found[0], nil
})

// npmProject copies a fixture to a folder of its own and installs the tarball there, with
// nothing but the file.
func npmProject(t *testing.T, fixture string) string {
	t.Helper()
	tarball, err := npmTarball()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("npm", fixture))); err != nil {
		t.Fatal(err)
	}
	tool(t, dir, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--offline", "--cache", t.TempDir(), tarball)
	return dir
}

// tool runs a program of others in dir and returns what it printed.
func tool(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	out, err := tryTool(dir, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

func tryTool(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// modulePath is a file of an npm package that the tests installed.
func modulePath(t *testing.T, parts ...string) string {
	t.Helper()
	file, err := filepath.Abs(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Fatalf("%v (sh e2e/deps.sh installs it)", err)
	}
	return file
}

func TestNpmTarballHoldsTheRecorderAndNothingElse(t *testing.T) {
	t.Parallel()
	files := readTarball(t)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{"LICENSE", "README.md", "afterimage-core.wasm", "afterimage-more.js", "afterimage-worker.js", "afterimage-worker.txt", "afterimage.js",
		"package.json", "types/api/afterimage.d.ts", "types/api/options.d.ts", "types/messages.d.ts", "types/npm/index.d.ts", "types/rights/notice.d.ts"}
	if !slices.Equal(names, want) {
		t.Errorf("the tarball holds %q, want %q", names, want)
	}
	var manifest map[string]any
	if err := json.Unmarshal(files["package.json"], &manifest); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"dependencies", "peerDependencies", "optionalDependencies", "scripts", "bin"} {
		if manifest[field] != nil {
			t.Errorf("package.json has %s: %v", field, manifest[field])
		}
	}
	for field, want := range map[string]any{"name": "afterimage", "license": "Apache-2.0", "type": "module", "sideEffects": false} {
		if manifest[field] != want {
			t.Errorf("package.json: %s is %v, want %v", field, manifest[field], want)
		}
	}
	license, err := os.ReadFile("../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(files["LICENSE"], license) {
		t.Error("LICENSE is not that of the repository")
	}
	if !bytes.Equal(files["afterimage-worker.txt"], files["afterimage-worker.js"]) {
		t.Error("the two copies of the worker differ")
	}
	core, ok := jsbridge.Assets().Get(jsbridge.Assets().Resolve("afterimage-core-full.wasm"))
	if !ok {
		t.Fatal("the collector has no core")
	}
	raw, err := core.Raw()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(files["afterimage-core.wasm"], raw) {
		t.Error("the core is not the one that the collector serves")
	}
}

func readTarball(t *testing.T) map[string][]byte {
	t.Helper()
	name, err := npmTarball()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzip, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(unzip); ; {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		name, ok := strings.CutPrefix(head.Name, "package/")
		if !ok {
			t.Errorf("the tarball holds %s, outside of package/", head.Name)
		}
		if files[name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
}

// A server that renders pages imports the package with everything else.
func TestNpmImportDoesNothingUnderNode(t *testing.T) {
	t.Parallel()
	dir := npmProject(t, "types")
	script := `
		const before = Object.getOwnPropertyNames(globalThis)
		const { afterimage, ...rest } = await import('afterimage')
		const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.includes(name))
		afterimage.start() // unhandled on purpose
		const code = await afterimage.start().catch((refusal) => refusal.code)
		for (const call of ['consent', 'optOut', 'optIn', 'identify', 'track']) afterimage[call]()
		await afterimage.snapshot()
		const { pending } = await afterimage.flush()
		const { acknowledged } = await afterimage.stop()
		const { phase } = afterimage.state
		console.log(JSON.stringify({ added, rest, code, pending, acknowledged, phase, session: afterimage.sessionId, globals: 'afterimage' in globalThis }))`
	got := strings.TrimSpace(tool(t, dir, "node", "--input-type=module", "--eval", script))
	want := `{"added":[],"rest":{},"code":"no-page","pending":0,"acknowledged":0,"phase":"idle","session":null,"globals":false}`
	if got != want {
		t.Errorf("node printed %s, want %s", got, want)
	}
}

func TestNpmTypes(t *testing.T) {
	t.Parallel()
	dir := npmProject(t, "types")
	tsc := modulePath(t, "../jsbridge/node_modules/.bin/tsc")
	resolutions := map[string][]string{
		"as a bundler resolves": {"-p", "."},
		"as Node resolves":      {"-p", ".", "--module", "nodenext", "--moduleResolution", "nodenext"},
	}
	for name, args := range resolutions {
		t.Run("the whole interface passes "+name, func(t *testing.T) {
			tool(t, dir, tsc, args...)
		})
	}
	wrong := []struct{ name, code, want string }{
		{"an unknown option", `afterimage.start({ privcy: 'strict' })`, "'privcy' does not exist"},
		{"a value that is none of a choice", `afterimage.start({ privacy: 'lax' })`, `'"lax"' is not assignable`},
		{"a value of another type", `afterimage.start({ sample: '1' })`, "'string' is not assignable to type 'number'"},
		{"an unknown part of capture", `afterimage.start({ capture: { canvass: true } })`, "'canvass' does not exist"},
		{"an argument of another form", `afterimage.stop(500)`, "has no properties in common"},
		{"a write to state", `afterimage.state = { phase: 'idle', reason: '' }`, "read-only"},
		{"an unknown name", `afterimage.begin()`, "'begin' does not exist"},
	}
	for i, c := range wrong {
		code := "import { afterimage } from 'afterimage'\n" + c.code + "\n"
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("wrong%d.ts", i)), []byte(code), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, args := range resolutions {
		out, err := tryTool(dir, tsc, append(args, "--pretty", "false")...)
		if err == nil {
			t.Errorf("tsc finds nothing %s", name)
		}
		for i, c := range wrong {
			file := fmt.Sprintf("wrong%d.ts", i)
			if !slices.ContainsFunc(strings.Split(out, "\n"), func(line string) bool {
				return strings.HasPrefix(line, file) && strings.Contains(line, c.want)
			}) {
				t.Errorf("%s, %s: tsc says nothing with %q:\n%s", c.name, name, c.want, out)
			}
		}
		if strings.Contains(out, "use.ts") {
			t.Errorf("tsc objects to use.ts:\n%s", out)
		}
	}
}
