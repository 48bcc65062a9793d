import { useState } from 'react';
import { createRoot } from 'react-dom/client';
import { connect } from 'rocade';
import { RocadeContext, useCall, useClient, useEvent } from './use-rocade.ts';

function Sum() {
  const [b, setB] = useState(3);
  const { result, error, pending } = useCall<number>('math.add', 2, b);
  return (
    <p>
      2 + <input type="number" value={b} onChange={(event) => setB(event.target.valueAsNumber)} /> ={' '}
      <output>{error ? error.message : pending ? '…' : result}</output>
    </p>
  );
}

function Newest() {
  const client = useClient();
  const [said] = useEvent('react.said') ?? [];
  return (
    <p>
      <button onClick={() => void client.publish('react.said', ['Bonjour !'], { excludeMe: false })}>Say</button>{' '}
      <em>{typeof said === 'string' ? said : 'nothing yet'}</em>
    </p>
  );
}

const client = await connect(location.origin.replace('http', 'ws'));
createRoot(document.body.appendChild(document.createElement('main'))).render(
  <RocadeContext value={client}>
    <h1>React</h1>
    <Sum />
    <Newest />
  </RocadeContext>,
);
