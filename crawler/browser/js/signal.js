// Run before any script of a document or worker: gives navigator a property as
// a browser would that has it. A bound function shows as native code.
(() => {
  'use strict';
  const name = '%s', prototype = Object.getPrototypeOf(navigator);
  const get = function () { return %s; }.bind();
  Object.defineProperty(get, 'name', { value: 'get ' + name, configurable: true });
  Object.defineProperty(prototype, name, { get, set: undefined, enumerable: true, configurable: true });
})();
