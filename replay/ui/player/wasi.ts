// The part of WASI preview 1 that Go's runtime asks for when it runs as a library: a
// clock, random bytes, and a place for panics. There are no files, no arguments and no
// environment. https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md

const success = 0
const badFile = 8 // EBADF
const noSupport = 52 // ENOSYS

/** Imports for a wasip1 module. `memory` is asked for at each call: it may have grown. */
export function wasi(memory: () => WebAssembly.Memory, stderr: (text: string) => void): WebAssembly.ModuleImports {
  const view = () => new DataView(memory().buffer)
  const utf8 = new TextDecoder()
  const known: Record<string, (...args: never[]) => number> = {
    args_sizes_get: (count: number, size: number) => {
      view().setUint32(count, 0, true)
      view().setUint32(size, 0, true)
      return success
    },
    args_get: () => success,
    environ_sizes_get: (count: number, size: number) => {
      view().setUint32(count, 0, true)
      view().setUint32(size, 0, true)
      return success
    },
    environ_get: () => success,
    clock_time_get: (id: number, _precision: bigint, out: number) => {
      const ms = id === 0 ? Date.now() : performance.now()
      view().setBigUint64(out, BigInt(Math.round(ms * 1e6)), true)
      return success
    },
    random_get: (at: number, size: number) => {
      for (let done = 0; done < size; done += 65536) {
        crypto.getRandomValues(new Uint8Array(memory().buffer, at + done, Math.min(65536, size - done)))
      }
      return success
    },
    fd_write: (fd: number, vectors: number, count: number, written: number) => {
      let size = 0
      let text = ''
      for (let i = 0; i < count; i++) {
        const at = view().getUint32(vectors + 8 * i, true)
        const length = view().getUint32(vectors + 8 * i + 4, true)
        text += utf8.decode(new Uint8Array(memory().buffer, at, length))
        size += length
      }
      view().setUint32(written, size, true)
      if (fd === 1 || fd === 2) stderr(text)
      return success
    },
    fd_fdstat_get: () => badFile,
    fd_prestat_get: () => badFile,
    sched_yield: () => success,
    poll_oneoff: () => noSupport,
    proc_exit: (code: number) => {
      throw new Error(`player core ended with status ${code}`)
    },
  }
  return new Proxy(known as WebAssembly.ModuleImports, {
    get: (target, name) => (typeof name === 'string' && name in target ? target[name] : () => noSupport),
  })
}
