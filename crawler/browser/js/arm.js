// Runs in a new tab's empty document, before its visit begins: V8 looks
// through the whole process for each function that gets its first breakpoint,
// and here nothing waits for that. What is watched from the start gets its
// breakpoint, if there is such a function here; hook.js then needs one look only.
// The conditions are hook.js's own.
((debug) => {
  const { getOwnPropertyDescriptor: own } = Reflect;
%[2]s  let total = 0;
  const watch = (group, how, api, limit, native) => {
    const number = total++;
    if ((group === '' || group === 'secure') && typeof native === 'function') debug(native, %[3]s);
  };
%[1]s
})(debug);
